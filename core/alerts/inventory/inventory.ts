import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { Health } from '../../api/health.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import type { AlertMaker, Held } from '../alert.ts';
import type { AlertBook } from '../alert-book.ts';
import type { HostsConfig, MaintenanceWindow } from './config.ts';
import { ExpectedHosts } from './expected-hosts.ts';
import type { Decommissioned, InventoryStore } from './inventory-store.ts';
import { Maintenance } from './maintenance.ts';
import { SilentHosts, type SilentRow } from './silent-hosts.ts';
import { SilentRelays } from './silent-relays.ts';

/** How often it is looked who is silent, ms: some ms of work for 10,000 hosts. */
const LOOK_EVERY_MS = 500;
/** The log says so often at most that alerts could not be kept, ms. */
const TELL_EVERY_MS = 60_000;
const ROWS = 1000;

const maker = (name: string): AlertMaker => ({
  ...{ id: `inventory/${name}`, source: 'inventory', name, forMs: 0, keepFiringForMs: 0 },
});
const HOST = maker('HostSilent');
const GROUP = maker('RelayHostsSilent');
const BEYOND = maker('ManyHostsSilent');
const RELAY = maker('RelaySilent');

export interface InventoryParts {
  readonly config: HostsConfig;
  readonly store: InventoryStore;
  readonly book: AlertBook;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  readonly registry: Registry;
}

/** What people see of it. */
export interface InventoryView {
  readonly time: number;
  readonly enabled: boolean;
  /** Hosts that should be heard now. */
  readonly expected: number;
  readonly silent: { readonly count: number; readonly hosts: readonly SilentRow[] };
  readonly decommissioned: readonly Decommissioned[];
  /** Windows that are open. */
  readonly maintenance: readonly MaintenanceWindow[];
}

/** The dead-man's switch of hosts and relays: whoever is expected and is not heard is an alert, whether or not there was ever data. */
export class Inventory {
  readonly #parts: InventoryParts;
  readonly #expected: ExpectedHosts;
  readonly #maintenance: Maintenance;
  readonly #relays: SilentRelays;
  readonly #hosts: SilentHosts;
  readonly #timer: NodeJS.Timeout | null;
  #relaysHeld = '';
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: InventoryParts) {
    this.#parts = parts;
    const { config, store, book, clock, log, health, registry } = parts;
    this.#maintenance = new Maintenance(config.maintenance);
    this.#expected = new ExpectedHosts({
      ...{ config, store, mono: () => clock.mono() },
      onTrouble: (trouble) => {
        if (trouble === null) health.well('expected hosts');
        else if (health.ill('expected hosts', trouble)) {
          log.error('the list of expected hosts cannot be read; the one before stays', { 'error.message': trouble });
        }
      },
    });
    this.#relays = new SilentRelays(config, store, clock.mono());
    this.#hosts = new SilentHosts({ config, store, expected: this.#expected }, book.ofMaker(HOST.id), clock.mono());
    registry
      .gauge('heliograph_core_expected_hosts', 'Hosts that should be heard now, and those of them that are silent.')
      .collect(() => {
        const { expected, silent } = this.#counts();
        return [
          [{ state: 'expected' }, expected],
          [{ state: 'silent' }, silent],
        ];
      });
    if (config.enabled) this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    else {
      this.#timer = null;
      book.keepMakers('inventory', new Set(), clock.now());
    }
  }

  /** Looks who is silent now; called by its own timer. */
  look(): void {
    const { fleet, clock, book, config } = this.#parts;
    const now = clock.now();
    const mono = clock.mono();
    try {
      this.#expected.refresh();
      const excused = this.#maintenance.at(now);
      this.#relays.look(fleet.relays(), now, mono);
      const changed = this.#hosts.look({
        ...{ hosts: fleet.memories(), memoryOf: (host) => fleet.memoryOf(host) },
        ...{ isAway: (key) => fleet.isAway(key), excused, now, mono },
      });
      const relays = this.#relays.held(fleet, (relay) => this.#expected.isOut(relay), excused, mono);
      const relaysHeld = JSON.stringify(relays);
      if (!changed && relaysHeld === this.#relaysHeld) return;
      this.#hold(RELAY, relays, now);
      this.#hold(GROUP, this.#hosts.grouped(), now);
      this.#hold(BEYOND, this.#hosts.beyond(), now);
      this.#hold(HOST, this.#hosts.single(), now);
      book.commit(now);
      this.#relaysHeld = relaysHeld;
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      this.#hosts.again();
      if (mono - this.#toldAt < TELL_EVERY_MS) return;
      this.#toldAt = mono;
      this.#parts.log.error('alerts about silent hosts could not be kept; it is tried again', {
        code: error.code,
        'error.message': error.message,
        most: config.most,
      });
    }
  }

  view(): InventoryView {
    const { clock, config } = this.#parts;
    const hosts: SilentRow[] = [];
    let count = 0;
    for (const row of this.#hosts.rows()) if (count++ < ROWS) hosts.push(row);
    return {
      ...{ time: clock.now(), enabled: config.enabled, expected: this.#hosts.expectedCount },
      silent: { count, hosts },
      decommissioned: [...this.#expected.decommissioned.values()],
      maintenance: this.#maintenance.open(clock.now()),
    };
  }

  isOut(name: string): boolean {
    return this.#expected.isOut(name);
  }

  /**
   * Takes a host or a relay out of service: its silence is an alert no more.
   * @param force also one that nobody knows
   * @throws HeliographError HG_ALERT_HOST_UNKNOWN, HG_ALERT_HOSTS_OUT, HG_STORE_DISK
   */
  decommission(name: string, by: string, note: string, force = false): Decommissioned {
    if (!force && !this.#isKnown(name)) {
      const why = `${name} was never seen, is not listed, and has no certificate; to take it out all the same, force it`;
      throw new HeliographError('HG_ALERT_HOST_UNKNOWN', why, { host: name });
    }
    const one = { name, at: this.#parts.clock.now(), by, note };
    this.#expected.decommission(one);
    this.#parts.log.info('a host was taken out of service', { host: name, by, note });
    return one;
  }

  /** @returns false: it was in service, or is not by the configuration @throws HeliographError HG_STORE_DISK */
  recommission(name: string, by: string): boolean {
    const was = this.#expected.recommission(name);
    if (was) this.#parts.log.info('a host is in service again', { host: name, by });
    return was;
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  #isKnown(name: string): boolean {
    const { fleet } = this.#parts;
    const isThere = fleet.memoryOf(name) !== undefined || this.#relays.knows(name);
    return isThere || this.#expected.listed.has(name) || this.#expected.isOut(name);
  }

  #hold(one: AlertMaker, held: readonly Held[], now: number): void {
    this.#parts.book.hold(one, held, now);
  }

  #counts(): { expected: number; silent: number } {
    let silent = 0;
    for (const _ of this.#hosts.rows()) silent++;
    return { expected: this.#hosts.expectedCount, silent };
  }
}
