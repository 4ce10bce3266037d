import { createFleet, type Fleet } from '../../test/support/fleet.ts';
import { AS_DEPLOYED } from '../relay/as-deployed.ts';
import { startGate } from './gate.ts';
import type { EndToEndOptions, StoreKind } from './options.ts';
import { progressLine } from './progress-line.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { figureOf, pageOf, type Snapshot, snapshot } from './snapshot.ts';
import { type BenchStore, startStore } from './store.ts';
import { untilTrue } from './until-true.ts';
import { bytesReceivedAt } from './wire-bytes.ts';

const CONNECT_MS = 180_000;
/** As large as blocks of several instants come, so that these are not cut apart again. */
const REQUEST_SAMPLES = 500_000;
const NO_WIRE = { relay: null, core: null };

/** A simulation that runs against a system. */
export interface Running {
  readonly simulator: Simulator;
  /** Rejects when the simulator ends before it was told to. */
  readonly ended: Promise<never>;
  /** From now on the simulator may compare what the store has; before that its questions wait. */
  verifyNow(): void;
  /** It has nothing in its outboxes any more, and asks or has ended. */
  readonly drained: () => boolean;
  close(): Promise<void>;
}

/** Relay, core and store, a process each, on ephemeral ports; relay and core with the environment that their units give them. */
export class System {
  readonly fleet: Fleet;
  readonly store: BenchStore;

  private constructor(fleet: Fleet, store: BenchStore) {
    this.fleet = fleet;
    this.store = store;
  }

  static async start(kind: StoreKind): Promise<System> {
    const store = await startStore(kind, REQUEST_SAMPLES);
    const fleet = await createFleet({ collectors: 0, core: store.config, relayEnvironment: AS_DEPLOYED });
    const system = new System(fleet, store);
    try {
      await fleet.core.start();
      await fleet.relay.start();
      return system;
    } catch (error) {
      await system.close();
      throw error;
    }
  }

  /** Simulated hosts connect and send. @param verifyHosts whose values are compared afterwards, of the others samples are counted; null: nothing is */
  async simulate(options: EndToEndOptions, verifyHosts: number | null): Promise<Running> {
    const { hosts, series, intervalMs, instants, logs, workers } = options;
    const gate = await startGate(this.fleet.coreUrl);
    const simulator = startSimulator(
      {
        ...{ hosts, series, intervalMs, instants, logs, workers },
        relay: this.fleet.relayAddress,
        ca: this.fleet.authority.directory,
        verify: verifyHosts === null ? null : gate.url.href,
        verifyHosts: verifyHosts ?? 1,
      },
      progressLine,
    );
    let over = false;
    const ended = simulator.report.then(() => {
      over = true;
      throw new Error('the simulator ended before it was told to');
    });
    ended.catch(() => undefined);
    return {
      simulator,
      ended,
      verifyNow: () => gate.open(),
      drained: () => over || gate.asked(),
      close: async () => {
        simulator.kill();
        await gate.close();
      },
    };
  }

  /** Until the relay has so many connections. @throws Error when it has not in three minutes */
  async allConnected(hosts: number): Promise<void> {
    await untilTrue(`${hosts} hosts connected`, CONNECT_MS, 200, async () => {
      return figureOf(await this.relayPage(), 'heliograph_relay_connections') >= hosts;
    });
  }

  relayPage(): Promise<string> {
    return pageOf(new URL('/metrics', this.fleet.relayUrl));
  }

  corePage(): Promise<string> {
    return pageOf(new URL('/metrics', this.fleet.coreUrl));
  }

  /** @param wire whether bytes on the wire are asked for, which takes a while with thousands of connections */
  snapshot(simulator: Simulator, wire = true): Promise<Snapshot> {
    const { fleet, store } = this;
    return snapshot({
      pids: {
        simulator: simulator.pid,
        relay: fleet.relay.pid!,
        core: fleet.core.pid!,
        ...(store.pid === null ? {} : { [store.name]: store.pid }),
      },
      relay: fleet.relayUrl,
      core: fleet.coreUrl,
      store: store.url,
      wire: () =>
        wire ? { relay: bytesReceivedAt(fleet.relayAddress.port), core: bytesReceivedAt(fleet.corePort) } : NO_WIRE,
    });
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.store.stop();
  }
}
