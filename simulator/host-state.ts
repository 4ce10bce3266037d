import type { RelayMember } from '../collector/core/uplink/relay-order.ts';
import type { ClientContext } from './client-context.ts';
import type { FleetKind } from './fleet-kind.ts';
import type { Life } from './life.ts';
import type { MaskedLines } from './masked-lines.ts';
import type { PublishBatch } from './mqtt-packets.ts';
import type { Schedule } from './schedule.ts';
import type { RunStats } from './stats.ts';
import type { Wheel } from './wheel.ts';

/** Something that waits for its turn to connect. */
export interface Connecting {
  connect(): void;
}

/** What the hosts of a process share. */
export interface HostShared {
  readonly schedule: Schedule;
  readonly relays: readonly RelayMember[];
  readonly tls: ClientContext;
  readonly instants: number;
  readonly wheel: Wheel;
  readonly batch: PublishBatch;
  readonly lines: MaskedLines;
  readonly stats: RunStats;
  readonly random: () => number;
  readonly version: string;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
  /** ms since the epoch, without steps. */
  readonly now: () => number;
  /** Connects the host soon: not all at one moment. */
  readonly connect: (connection: Connecting) => void;
}

/** What the parts of one host share. Only the host as a whole (simulated-host.ts) changes it. */
export interface HostState {
  readonly number: number;
  readonly name: string;
  readonly kind: FleetKind;
  readonly shared: HostShared;
  /** ms that its clock is ahead. */
  readonly skew: number;
  life: Life;
  /** In a life: sampled, sending or waiting for the network. Between two lives: nothing. */
  alive: boolean;
  /** Samples no more, and sends what it has. */
  ending: boolean;
  /** Sends no more. */
  stopped: boolean;
}
