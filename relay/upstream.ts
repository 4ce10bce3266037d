import type { Clock } from '../lib/clock.ts';
import type { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import type { Registry } from '../lib/metrics.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { decodeDesired } from '../proto/desired.ts';
import type { Boot } from '../proto/hash.ts';
import { drawLedger } from './account.ts';
import { AccountReport } from './account-report.ts';
import type { RelayConfig } from './config.ts';
import { coreMessages } from './core-messages.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { DefinitionStore } from './definitions.ts';
import type { DesiredStore } from './desired-store.ts';
import { Dispatcher } from './dispatcher.ts';
import { Fleet } from './fleet.ts';
import { Forwarder } from './forwarder.ts';
import type { OrderKeeper } from './limits/order-keeper.ts';
import type { RelayPart } from './part.ts';
import type { Pressure } from './pressure.ts';
import type { Sequences } from './sequences.ts';
import type { Sessions } from './sessions.ts';
import type { FrameStage } from './shape/stage.ts';
import { Uplink, type UplinkState } from './uplink.ts';

/** How long a relay that stops waits for the core's answers, ms. A store that makes it wait longer sees those blocks again. */
const LAST_ANSWERS_MS = 500;
/** How long the core may take to have read the last account of a folder that is emptied, ms. */
const FAREWELL_MS = 10_000;

export interface UpstreamParts {
  readonly config: RelayConfig;
  readonly journal: Journal;
  readonly sequences: Readonly<Record<DataClass, Sequences>>;
  readonly definitions: DefinitionStore;
  readonly deadLetters: DeadLetters;
  readonly desired: DesiredStore;
  readonly sessions: Sessions;
  readonly pressure: Pressure;
  readonly orders: OrderKeeper;
  /** What changes frames of a class before they go on. */
  readonly stageOf: ((name: DataClass) => FrameStage | null) | undefined;
  readonly boot: Boot;
  /** Where there are several workers. */
  readonly part: RelayPart | null;
  /** For hello: since when all that is journaled was checked (grants-since.ts). */
  readonly grantsSince: number;
  /** For hello: which worker of how many. */
  readonly stands: { readonly worker: number; readonly workers: number };
  /** Of the software, for hello. */
  readonly version: string;
  readonly clock: Clock;
  /** The journal's clock. */
  readonly steady: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/** The way to the core: everything that goes up, and what the core says. */
export interface Upstream {
  /** Who is connected, for the core. */
  readonly fleet: Fleet;
  readonly forwarders: readonly Forwarder[];
  readonly state: UplinkState;
  /** Says what is seen of shared caps, where that changed. Called each second or so. */
  needs(): void;
  start(): void;
  /** Tells the core the relay's account. Called now and then. */
  report(): void;
  /** The core has all frames, and the last account of them; nothing more goes there. False: not yet. */
  farewell(): Promise<boolean>;
  /** Waits a little for what the core has and has not answered, and tells it the last account. */
  close(): Promise<void>;
}

/** Puts together what goes to the core; nothing goes before `start`. */
export function openUpstream(parts: UpstreamParts): Upstream {
  const { config, journal, sequences, definitions, deadLetters, desired, sessions, pressure } = parts;
  const { orders, stageOf, boot, part, clock, steady, random, log, metrics } = parts;
  const now = () => clock.now();
  let dispatcher: Dispatcher | null = null;
  let blocks = 0;
  const forwarders = DATA_CLASSES.map(
    (name) =>
      new Forwarder({
        class: name,
        relay: config.name,
        journal,
        sequences: sequences[name],
        log,
        now: steady,
        blockBytes: config.forward.blockBytes,
        lingerMs: name === 'alert' ? Math.min(20, config.forward.linger) : config.forward.linger,
        lagMs: config.forward.lag,
        stage: stageOf?.(name) ?? null,
        window: name === 'metric' ? config.forward.metricWindow : config.forward.window,
        nextId: () => ++blocks,
        apart: (entries) => dispatcher?.apart(entries) ?? null,
        kick: () => dispatcher?.kick(),
        deadLetter: (block, code, message) => deadLetters.put(block, code, message),
      }),
  );
  const fleet = new Fleet(sessions, (message, done) => uplink.send(message, done));
  const uplink = new Uplink(
    {
      cores: config.cores,
      tls: config.tls,
      hello: () => {
        const { name: relay, site } = config;
        const { worker, workers } = parts.stands;
        const { version: software, grantsSince } = parts;
        return { hello: { version: 1, relay, site, boot, software, worker, workers, grantsSince } };
      },
      log,
      metrics,
      random,
      now,
    },
    {
      onOpen: () => {
        fleet.opened();
        orders.opened();
        held();
        toldNeeds = '';
        needs();
        accountReport.opened();
        dispatcher?.opened();
      },
      onMessage: (message) => hear(message),
      onClose: () => {
        pressure.coreGone();
        dispatcher?.closed();
      },
    },
  );
  dispatcher = new Dispatcher({ uplink, forwarders, definitions, log, metrics });
  const wanted = part ? toldByAll(part) : desired;
  let toldHeld = '';
  const held = () => {
    const now = orders.held();
    if (uplink.send(now)) toldHeld = JSON.stringify(now);
  };
  let toldNeeds = '';
  const needs = () => {
    const now = orders.needs();
    const text = now === null ? '' : Buffer.from(now.orderNeeds.needs).toString();
    if (now && text !== toldNeeds && uplink.send(now)) toldNeeds = text;
  };
  const hear = coreMessages({
    forwarders,
    dispatcher,
    desired: wanted,
    sessions,
    pressure,
    orders,
    held,
    needs,
    log,
    metrics,
  });
  const accountReport = new AccountReport(
    () => drawLedger(journal, config.name, now()),
    (message, done) => uplink.send(message, done),
  );
  return {
    fleet,
    forwarders,
    get state() {
      return uplink.state;
    },
    start: () => uplink.start(),
    needs,
    report: () => {
      accountReport.send();
      // What is wrong with orders may come and go without the core's doing.
      if (JSON.stringify(orders.held()) !== toldHeld) held();
    },
    farewell: async () => {
      const queued = drawLedger(journal, config.name, now()).entries.some(({ queued }) => queued.frames > 0);
      return !queued && accountReport.send() && (await uplink.finish(FAREWELL_MS));
    },
    close: async () => {
      for (const forwarder of forwarders) forwarder.close();
      // What the core has and says so in time need not go there again.
      await settled(() => forwarders.every(({ underWay }) => underWay === 0) || !uplink.open, LAST_ANSWERS_MS);
      // The account as it stands now: until the relay is back, or for ever, it is the last that the core has of it.
      if (accountReport.send()) await uplink.finish(LAST_ANSWERS_MS);
      uplink.close();
    },
  };
}

/** What the core wants of a host goes to all workers, and comes back from there. */
function toldByAll(part: RelayPart): Pick<DesiredStore, 'set'> {
  return {
    set: async (host, document) => {
      if (document.length > 0) decodeDesired(document);
      part.desired(host, document);
      return false;
    },
  };
}

/** Resolves when `check` holds, or when so many ms are over. */
async function settled(check: () => boolean, withinMs: number): Promise<void> {
  const turnMs = 10;
  for (let waited = 0; waited < withinMs && !check(); waited += turnMs) {
    await new Promise((resolve) => setTimeout(resolve, turnMs));
  }
}
