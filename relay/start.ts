import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { countBuffersWithHeap } from '../lib/buffer-memory.ts';
import { type Clock, steadyTime } from '../lib/clock.ts';
import type { JournalFiles, JournalOptions } from '../lib/journal/contract.ts';
import { Journal } from '../lib/journal/journal.ts';
import { sumOfAmounts } from '../lib/ledger.ts';
import type { Logger } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import { nodeFiles } from '../lib/node-files.ts';
import { ownFolder } from '../lib/own-folder.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { decodeDesired } from '../proto/desired.ts';
import { accountMetrics, drawLedger, ledgerOfHosts, rangesOfHosts } from './account.ts';
import { AccountReport } from './account-report.ts';
import { nextBoot } from './boot-number.ts';
import { DEFINITION_CHAINS, frameChains } from './chains.ts';
import type { RelayConfig } from './config.ts';
import { coreMessages } from './core-messages.ts';
import { DeadLetters } from './dead-letters.ts';
import { DEFINITION_SEGMENT_BYTES } from './definition-segment.ts';
import { DefinitionStore } from './definitions.ts';
import { DesiredStore } from './desired-store.ts';
import { Dispatcher } from './dispatcher.ts';
import { openDoor } from './door.ts';
import { Drops } from './drops.ts';
import { Fleet } from './fleet.ts';
import { Forwarder } from './forwarder.ts';
import { learnLives, livesOf } from './host-memory.ts';
import { openHttp } from './http.ts';
import { Intake } from './intake.ts';
import { listensOf } from './listens.ts';
import { LoopDelay } from './loop-delay.ts';
import { LossJudge } from './loss.ts';
import { OwnEvents } from './own-events.ts';
import type { HostMemory, RelayPart } from './part.ts';
import { openPort, type Port } from './port.ts';
import { Presence } from './presence.ts';
import { Pressure } from './pressure.ts';
import { PressureNotice } from './pressure-notice.ts';
import { Refusals } from './refusals.ts';
import { FORWARD_READER, SequenceMemory } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';
import { Sessions } from './sessions.ts';
import { HostLook } from './status/host-look.ts';
import { CERTIFICATE_MS } from './status/host-totals.ts';
import { processStatus } from './status/process-status.ts';
import { statusMetrics } from './status/status-metrics.ts';
import { statusPages } from './status/status-pages.ts';
import { type StatusQuery, statusQuery } from './status/status-query.ts';
import { factsOf, wholeStatus } from './status/whole-status.ts';
import { Uplink } from './uplink.ts';

export interface RelayDeps {
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics?: Registry;
  /** Where the journal writes; a test may put a disk there that fails. */
  readonly files?: JournalFiles;
  /** In [0, 1): for pauses. */
  readonly random?: () => number;
  /** Of the software, for hello. */
  readonly version?: string;
  /** False: no door for collectors; it delivers what it has. */
  readonly takesIn?: boolean;
  /** For which worker it stands, of how many, where it delivers the folder of one without the others. */
  readonly stands?: { readonly worker: number; readonly workers: number };
  /** Where this is one worker of several. */
  readonly part?: RelayPart;
}

export interface Relay {
  /** `websocket`: 0 where it is not served. */
  readonly addresses: { readonly mqtt: number; readonly websocket: number; readonly http: number };
  readonly metrics: Registry;
  /** Ends connections, and writes what is under way; nothing acknowledged is lost either way. */
  close(): Promise<void>;
}

countBuffersWithHeap();

/** How long a relay that stops waits for the core's answers, ms. A store that makes it wait longer sees those blocks again. */
const LAST_ANSWERS_MS = 500;
/** How long the core may take to have read the last account of a folder that is emptied, ms. */
const FAREWELL_MS = 10_000;
/** The shortest things that are looked at now and then, ms. */
const TICK = 200;

/** Handshakes of so many seconds may wait while the relay starts: clients give up in 15 s. */
const WAIT_AT_START_S = 10;

/** Starts a relay: it takes frames from collectors, journals them, acknowledges them, and forwards them to a core. */
export async function startRelay(config: RelayConfig, deps: RelayDeps): Promise<Relay> {
  const letGo = ownFolder(config.dataDir);
  // Where there are several workers, the others take in what this one could not yet.
  const port =
    deps.takesIn === false || deps.part
      ? null
      : await openPort(listensOf(config), config.limits.handshakesPerSecond * WAIT_AT_START_S, () => deps.clock.mono());
  try {
    return await startOwning(config, deps, letGo, port);
  } catch (error) {
    await port?.close();
    throw error;
  }
}

/** @param letGo of the folder @param port where collectors wait already */
async function startOwning(config: RelayConfig, deps: RelayDeps, letGo: () => void, port: Port | null): Promise<Relay> {
  const { log, clock, part = null } = deps;
  const random = deps.random ?? Math.random;
  const files = deps.files ?? nodeFiles;
  const metrics = deps.metrics ?? new Registry();
  const now = () => clock.now();
  // Ages and waits must not jump with a clock that is set.
  const steady = steadyTime(clock);
  const timer = (run: () => void, ms: number) => {
    const handle = setTimeout(run, ms);
    return () => clearTimeout(handle);
  };
  const common = { files, now: steady, crc32, timer, mode: 'disk' as const };
  const onDamage = (damage: object) => log.error('damage in the journal; skipped and counted', { ...damage });
  /** Before there is somebody to tell, the journal's own record of it waits for him. */
  let dropped: NonNullable<JournalOptions['onDrop']> = () => undefined;
  const journal = await Journal.open({
    ...common,
    directory: join(config.dataDir, 'journal'),
    chains: frameChains(config.journal.maxAge, config.rollups !== undefined),
    segmentBytes: config.journal.segmentBytes,
    maxBytes: config.journal.maxBytes,
    lingerMs: config.journal.linger,
    onDrop: (drop, lost) => dropped(drop, lost),
    onDamage,
  });
  const definitionJournal = await Journal.open({
    ...common,
    directory: join(config.dataDir, 'definitions'),
    chains: DEFINITION_CHAINS,
    segmentBytes: DEFINITION_SEGMENT_BYTES,
    maxBytes: config.limits.definitionBytesTotal,
    lingerMs: config.journal.linger,
    onDamage,
  });
  const boot = await nextBoot(journal);
  const memories = {} as Record<DataClass, SequenceMemory>;
  const sequences = {} as Record<DataClass, Sequences>;
  for (const name of DATA_CLASSES) {
    memories[name] = new SequenceMemory({ class: name, directory: config.dataDir, files, journal, now: steady });
    await memories[name].restore(log);
    sequences[name] = memories[name].sequences;
  }
  const metricFrames = journal.reader('metric', FORWARD_READER);
  const definitions = await DefinitionStore.open(
    definitionJournal,
    { bytesPerHost: config.limits.definitionBytes, countPerHost: config.limits.definitions },
    steady,
    { floor: () => metricFrames.floor(), end: () => journal.end('metric') },
  );
  const deadLetters = await DeadLetters.open({
    directory: join(config.dataDir, 'dead-letters'),
    files,
    maxBytes: config.forward.deadLetterBytes,
    boot,
    log,
    metrics,
  });
  const desired = await DesiredStore.open(join(part?.home ?? config.dataDir, 'desired'), files);
  const events = new OwnEvents({ journal, sequences: sequences.alert, host: config.name, boot, now, log, metrics });
  const drops = new Drops({ journal, sequences, events, relay: config.name, log });
  dropped = (drop, lost) => drops.onDrop(drop, lost);
  const sessions = new Sessions();
  const refusals = new Refusals(log, metrics);
  const lostFrames = metrics.counter(
    'heliograph_relay_lost_frames_total',
    'Frames that did not come and were not declared dropped, by class.',
  );
  const unheard = metrics.counter(
    'heliograph_relay_loss_suspects_passed_over_total',
    'Gaps below the floor that were not looked into, because their host has too many of them.',
  );
  const loss = new LossJudge({
    sequences,
    graceMs: config.lossGrace,
    now: steady,
    unheard: () => unheard.inc(),
    report: (lost) => {
      const frames = lost.ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
      lostFrames.inc({ class: lost.class }, frames);
      const ranges = lost.ranges
        .map(([from, to]) => `${from}-${to}`)
        .join(',')
        .slice(0, 2000);
      const facts = { class: lost.class, boot: lost.boot, ranges, frames, by: lost.by, suspected: true };
      log.error('frames are missing', { host: lost.host, ...facts });
      events.tell('frames_lost', lost.host, facts);
    },
  });
  const intake = new Intake({
    journal,
    definitions,
    sequences,
    refusals,
    loss,
    clock,
    metrics,
    lives: (session, boot) => presence.onFrame(session, boot),
    heldBytes: config.limits.heldBytes,
    heldBytesTotal: config.limits.heldBytesTotal,
  });
  // Not even loaded where nobody asks for it.
  const { openRollups } = config.rollups ? await import('./rollup/open.ts') : { openRollups: null };
  const own = { journal, definitions, sequences: sequences.metric, host: config.name, boot, now };
  const rollups = openRollups && (await openRollups({ config, own, files, clock, log, metrics }));
  const pressure = new Pressure();
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
        inputs: (name === 'metric' && rollups?.inputs) || null,
        window: name === 'metric' ? config.forward.metricWindow : config.forward.window,
        nextId: () => ++blocks,
        kick: () => dispatcher?.kick(),
        deadLetter: (block, code, message) => deadLetters.put(block, code, message),
      }),
  );
  const pressureNotice = new PressureNotice(sessions, () => pressure.levels());
  const fleet = new Fleet(sessions, (message, done) => uplink.send(message, done));
  const uplink = new Uplink(
    {
      cores: config.cores,
      tls: config.tls,
      hello: () => {
        const { name: relay, site } = config;
        const { worker, workers } = part ?? deps.stands ?? { worker: 0, workers: 1 };
        return { hello: { version: 1, relay, site, boot, software: deps.version ?? '0.1.0', worker, workers } };
      },
      log,
      metrics,
      random,
      now,
    },
    {
      onOpen: () => {
        fleet.opened();
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
  const hear = coreMessages({ forwarders, dispatcher, desired: wanted, sessions, pressure, log, metrics });
  const presence = new Presence(
    {
      fleet,
      events,
      desired,
      pressure,
      refusals,
      intake: () => intake,
      clock,
      skewMs: config.clockSkew,
      relay: config.name,
    },
    metrics,
  );
  const learn = (learnt: readonly HostMemory[]) => {
    for (const memory of learnt) {
      learnLives(memory, sequences);
      presence.learn(memory.host, memory.alive, memory.framed);
    }
    if (learnt.length > 0) for (const name of DATA_CLASSES) memories[name].learned();
  };
  const door =
    deps.takesIn === false
      ? null
      : await openDoor({
          config,
          sessions,
          intake,
          refusals,
          clock,
          random,
          log,
          metrics,
          events: presence,
          part,
          learn,
          port,
        });
  metrics.gauge('heliograph_relay_connections', 'Collectors connected now.').collect(() => [[{}, sessions.size]]);
  metrics.gauge('heliograph_relay_definitions', 'Definitions kept.').collect(() => [[{}, definitions.index.size]]);
  accountMetrics(journal, config.journal.maxBytes, metrics);
  const limits = { skewMs: config.clockSkew, certificateMs: CERTIFICATE_MS };
  const shown = {
    journal,
    maxBytes: config.journal.maxBytes,
    definitions: definitions.index,
    forwarders,
    pressure,
    upstream: () => uplink.state,
    certificate: config.tls.cert,
  };
  statusMetrics({ ...shown, ...limits, sessions, now }, metrics);
  const worker = part?.worker ?? 0;
  const hostLook = new HostLook({
    sessions,
    sequences,
    total: () => sumOfAmounts(drawLedger(journal, '', 0).entries.map((entry) => entry.in)),
    worker,
    mono: () => clock.mono(),
    now,
    ...limits,
  });
  const ownStatus = (query: StatusQuery) =>
    processStatus(
      {
        ...shown,
        worker,
        hosts: hostLook,
        handshakes: () => door?.handshakes() ?? null,
        denyListTrouble: () => door?.gate.denyListTrouble ?? null,
        rollupTrouble: () => rollups?.rulesTrouble() ?? null,
      },
      query,
    );
  const loopDelay = new LoopDelay(metrics);
  const text = (body: string) => ({ type: 'application/json', body });
  const json = (value: unknown) => text(JSON.stringify(value));
  const http = await (part ? part.serve.bind(part) : openHttp.bind(null, config.http.listen))({
    '/metrics': () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.render() }),
    '/healthz': () => json({ status: 'ok', core: uplink.open, connections: sessions.size }),
    '/ledger.json': () => json(drawLedger(journal, config.name, now())),
    '/ledger.json?hosts=1': async () => text(await ledgerOfHosts(drawLedger(journal, config.name, now()), memories)),
    '/ranges.json': async () => text(await rangesOfHosts(config.name, memories)),
    ...(part
      ? { '/status-part.json?': async (parameters) => json(await ownStatus(statusQuery(parameters))) }
      : statusPages(async (query) => wholeStatus(factsOf(config, now()), query, [await ownStatus(query)]))),
  });

  const accountReport = new AccountReport(
    () => drawLedger(journal, config.name, now()),
    (message, done) => uplink.send(message, done),
  );
  let told = JSON.stringify(pressure.levels());
  const every = (ms: number, run: () => void) => setInterval(run, ms);
  const timers = [
    every(TICK, () => {
      intake.sweep();
      presence.sweep();
      fleet.flush();
      pressure.fill(journal.bytes() / config.journal.maxBytes);
      const levels = JSON.stringify(pressure.levels());
      if (levels !== told) pressureNotice.tell();
      told = levels;
    }),
    every(1000, () => loss.sweep()),
    every(config.tls.check, () => {
      door?.sweep();
      rollups?.sweep();
    }),
    every(3000, () => accountReport.send()),
    every(10_000, () => {
      const arrivals = part?.arrivals() ?? 0;
      const saves = DATA_CLASSES.map((name) =>
        memories[name].save().catch((error) => {
          log.error('snapshot not written; trying again', { class: name, error: String(error) });
          throw error;
        }),
      );
      // A snapshot that was not written has said so; what others know is asked of them again.
      Promise.all(saves).then(
        () => part?.learned(arrivals),
        () => undefined,
      );
      definitions.sweep().catch((error) => log.error('definitions not swept; trying again', { error: String(error) }));
    }),
  ];
  const memoryOf = (host: string): HostMemory => ({
    host,
    lives: livesOf(host, sequences),
    ...presence.livesOf(host),
  });
  part?.attach({
    handOver: async (host, connection) => {
      const had = door?.moved(host, connection) ?? false;
      const replaced = presence.stayed(host) || had;
      // What is on its way to the disk is acknowledged to nobody, but it will be in the journal.
      await journal.flush();
      return { memory: memoryOf(host), replaced };
    },
    learn: async (learnt) => {
      learn(learnt);
      for (const name of DATA_CLASSES) await memories[name].save();
    },
    farewell: async () => {
      const queued = drawLedger(journal, config.name, now()).entries.some(({ queued }) => queued.frames > 0);
      return !queued && accountReport.send() && (await uplink.finish(FAREWELL_MS));
    },
    desired: (host, document) => {
      desired.know(host, document);
      sessions.of(host)?.send('desired', document, true);
    },
    hosts: () => [...new Set(DATA_CLASSES.flatMap((name) => [...sequences[name].hosts()]))],
    memory: memoryOf,
  });
  uplink.start();
  log.info('relay is up', { name: config.name, mqtt: door?.port, websocket: door?.websocket, http: http.port });
  return {
    addresses: { mqtt: door?.port ?? 0, websocket: door?.websocket ?? 0, http: http.port },
    metrics,
    close: async () => {
      presence.stopping = true;
      for (const handle of timers) clearInterval(handle);
      await door?.close();
      await rollups?.close();
      await events.close();
      for (const forwarder of forwarders) forwarder.close();
      // What the core has and says so in time need not go there again.
      await settled(() => forwarders.every(({ underWay }) => underWay === 0) || !uplink.open, LAST_ANSWERS_MS);
      // The account as it stands now: until the relay is back, or for ever, it is the last that the core has of it.
      if (accountReport.send()) await uplink.finish(LAST_ANSWERS_MS);
      uplink.close();
      await http.close();
      loopDelay.close();
      hostLook.close();
      for (const name of DATA_CLASSES) await memories[name].save();
      await journal.close();
      await definitionJournal.close();
      letGo();
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
