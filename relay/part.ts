import type { DataClass } from '../proto/class.ts';
import type { Boot } from '../proto/hash.ts';
import type { HttpDoor, Pages } from './http.ts';
import type { HostFate, RulesLink } from './rules/link.ts';

type Pairs = [number, number][];

/** What a worker knows of one host, for the worker that the host comes to next. */
export interface HostMemory {
  readonly host: string;
  /** By class and life: what was received there, and what the collector gave up. */
  readonly lives: readonly { class: DataClass; boot: Boot; touched: number; received: Pairs; declared: Pairs }[];
  /** For the look-out for cloned images: lives by status and by frames, the last one at the end. */
  readonly alive: readonly Boot[];
  readonly framed: readonly Boot[];
}

/** The answer to a host's CONNECT. */
export interface Arrival {
  /** False: the relay has as many hosts as it may have. */
  readonly room: boolean;
  /** The host had a connection at another worker, which has ended for this one. */
  readonly replaced: boolean;
  /** What others know of the host; who had it last stands at the end. */
  readonly memories: readonly HostMemory[];
}

/** What the supervisor asks of a worker. */
export interface PartHands {
  /** Ends the host's connection here, if any, and tells what is known of it once all of it is on disk. */
  handOver(host: string, connection: number): Promise<{ memory: HostMemory; replaced: boolean }>;
  /** Takes over what another worker knows, durably when it resolves. */
  learn(memories: readonly HostMemory[]): Promise<void>;
  /** Keeps what is wanted of a host, and tells it if it is here. */
  desired(host: string, document: Uint8Array): void;
  /** The core has all frames, and the last account of them; nothing more goes there. False: not yet. */
  farewell(): Promise<boolean>;
  /** All hosts of which something is known here. */
  hosts(): string[];
  /** What is known of them. */
  memory(host: string): HostMemory;
}

/** For a relay process that is one worker of several: what it does not decide alone. */
export interface RelayPart {
  /** The first is 0. */
  readonly worker: number;
  /** How many take hosts in. */
  readonly workers: number;
  /** The relay's own folder, with what all of its workers share. */
  readonly home: string;
  /** Pages for the supervisor to ask for, instead of a port. */
  serve(pages: Pages): Promise<HttpDoor>;
  /** A host said CONNECT here; `done` is called once, when the others have let go of it. */
  arrive(host: string, connection: number, done: (answer: Arrival) => void): void;
  /** That connection ended here. @param fate for who watches hosts */
  left(host: string, connection: number, fate: HostFate): void;
  /** The core said what is wanted of a host: all workers must know. */
  desired(host: string, document: Uint8Array): void;
  /** Between the alerting rules of all workers. */
  readonly rules: RulesLink;
  /** How many arrivals were answered so far; with `learned` it says what of their memories is durable. */
  arrivals(): number;
  learned(arrivals: number): void;
  /** The relay stands and can be asked. */
  attach(hands: PartHands): void;
}
