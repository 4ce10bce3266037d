import { join } from 'node:path';
import { countBuffersWithHeap } from '../lib/buffer-memory.ts';
import { type Clock, steadyTime } from '../lib/clock.ts';
import type { JournalFiles, JournalOptions } from '../lib/journal/contract.ts';
import type { Logger } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import { nodeFiles } from '../lib/node-files.ts';
import { ownFolder } from '../lib/own-folder.ts';
import { DATA_CLASSES, type DataClass } from '../proto/class.ts';
import { NO_DOORS, type RelayAddresses } from './addresses.ts';
import { nextBoot } from './boot-number.ts';
import type { RelayConfig } from './config.ts';
import { DeadLetters } from './dead-letters.ts';
import { DefinitionStore } from './definitions.ts';
import { DesiredStore } from './desired-store.ts';
import { openDoor } from './door.ts';
import { Drops } from './drops.ts';
import { grantsSince } from './grants-since.ts';
import { learnLives } from './host-memory.ts';
import { openHttp } from './http.ts';
import { Intake } from './intake.ts';
import { openJournals } from './journals.ts';
import { OrderKeeper } from './limits/order-keeper.ts';
import { listensOf } from './listens.ts';
import { LoopDelay } from './loop-delay.ts';
import { LossJudge } from './loss.ts';
import { lossNotice } from './loss-notice.ts';
import { OwnEvents } from './own-events.ts';
import { ownPages } from './own-pages.ts';
import type { HostMemory, RelayPart } from './part.ts';
import { partHands } from './part-hands.ts';
import { openPort, type Port } from './port.ts';
import { Presence } from './presence.ts';
import { Pressure } from './pressure.ts';
import { PressureNotice } from './pressure-notice.ts';
import { Refusals } from './refusals.ts';
import { FORWARD_READER, SequenceMemory } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';
import { Sessions } from './sessions.ts';
import { tellWatch } from './tell-watch.ts';
import { openUpstream } from './upstream.ts';

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
  readonly addresses: RelayAddresses;
  readonly metrics: Registry;
  /** Ends connections, and writes what is under way; nothing acknowledged is lost either way. */
  close(): Promise<void>;
}

countBuffersWithHeap();

/** The shortest things that are looked at now and then, ms. */
const TICK = 200;

/** Handshakes of so many seconds may wait while the relay starts: clients give up in 15 s. */
const WAIT_AT_START_S = 10;

/** Starts a relay: it takes frames from collectors, journals them, acknowledges them, and forwards them to a core. */
export async function startRelay(configured: RelayConfig, deps: RelayDeps): Promise<Relay> {
  // Who takes nobody in would call all hosts silent.
  const config = deps.takesIn === false ? { ...configured, rules: undefined } : configured;
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
  /** Before there is somebody to tell, the journal's own record of it waits for him. */
  let dropped: NonNullable<JournalOptions['onDrop']> = () => undefined;
  const { journal, definitions: definitionJournal } = await openJournals(config, {
    files,
    now: steady,
    log,
    onDrop: (drop, lost) => dropped(drop, lost),
  });
  const granted = grantsSince(journal, now());
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
  const loss = new LossJudge({
    sequences,
    graceMs: config.lossGrace,
    now: steady,
    ...lossNotice(events, log, metrics),
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
  const keep = { journal, definitions, sequences: sequences.metric, host: config.name, boot, now };
  // Nothing goes on before it is known what changes series.
  let shaped: () => boolean = () => false;
  const changed = () => shaped();
  const rollups =
    openRollups &&
    (await openRollups({ config, own: keep, worker: part?.worker ?? null, changed, files, clock, log, metrics }));
  const { openLimits } = config.cardinality ? await import('./limits/open.ts') : { openLimits: null };
  const workers = (part ?? deps.stands)?.workers ?? 1;
  const counting = { config: config.cardinality!, workers, relay: config.name, events, clock, log, metrics };
  const limits = openLimits?.(counting) ?? null;
  const { openShaping } =
    config.relabel || config.relabelLogs || rollups || limits ? await import('./shape/open.ts') : { openShaping: null };
  const shaping =
    openShaping?.({
      config,
      store: definitions,
      rollups,
      judges: limits ? [{ name: 'limits', judge: limits.judge }] : [],
      log,
      metrics,
    }) ?? null;
  if (shaping) shaped = shaping.changed;
  const orders = await OrderKeeper.open({ directory: config.dataDir, files, limits, log });
  const pressure = new Pressure();
  const pressureNotice = new PressureNotice(sessions, () => pressure.levels());
  const upstream = openUpstream({
    config,
    journal,
    sequences,
    definitions,
    deadLetters,
    desired,
    sessions,
    pressure,
    orders,
    stageOf: shaping?.stageOf,
    boot,
    part,
    grantsSince: granted,
    stands: part ?? deps.stands ?? { worker: 0, workers: 1 },
    version: deps.version ?? '0.1.0',
    clock,
    steady,
    random,
    log,
    metrics,
  });
  const { fleet } = upstream;
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
  const forRules = { config, keep, events, sessions, presence, upstream, files, clock, random, log, metrics };
  const link = part?.rules ?? null;
  // Where there are several workers, the first evaluates what all of them let pass.
  const feeds = link !== null && part!.worker > 0;
  const rules = !config.rules
    ? null
    : feeds
      ? (await import('./rules/open-feed.ts')).openRulesFeed(forRules, link)
      : await (await import('./rules/open.ts')).openRules(forRules, link);
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
  // Where there are several workers, the first has the doors.
  const opens = config.doors && door && (part?.worker ?? 0) === 0;
  const { openRelayDoors } = opens ? await import('./doors/open.ts') : { openRelayDoors: null };
  const kept = { config, files, journal, definitions, sequences, pressure, boot, now, clock, log, metrics };
  const doors = openRelayDoors && (await openRelayDoors(kept));
  const own = ownPages({
    config,
    part,
    journal,
    memories,
    sequences,
    definitions,
    sessions,
    pressure,
    upstream,
    door,
    rollups,
    limits,
    shaping,
    rules,
    doors,
    clock,
    metrics,
  });
  const loopDelay = new LoopDelay(metrics);
  const http = await (part ? part.serve(own.pages) : openHttp(config.http.listen, own.pages));
  const teller = part ? null : await tellWatch(config, own.pages, metrics, log);
  let told = JSON.stringify(pressure.levels());
  // From now on a standstill is one.
  presence.sweep();
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
    every(1000, () => {
      loss.sweep();
      limits?.tick();
      if (limits) upstream.needs();
    }),
    every(config.tls.check, () => {
      door?.sweep();
      rollups?.sweep();
      shaping?.sweep();
      doors?.sweep();
      rules?.sweep();
    }),
    every(3000, () => upstream.report()),
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
  part?.attach(partHands({ door, presence, journal, memories, sequences, desired, sessions, upstream, learn }));
  upstream.start();
  log.info('relay is up', {
    name: config.name,
    mqtt: door?.port,
    websocket: door?.websocket,
    http: http.port,
    ...doors?.ports,
  });
  return {
    addresses: {
      mqtt: door?.port ?? 0,
      websocket: door?.websocket ?? 0,
      http: http.port,
      ...(doors?.ports ?? NO_DOORS),
    },
    metrics,
    close: async () => {
      presence.stopping = true;
      for (const handle of timers) clearInterval(handle);
      await doors?.close();
      await door?.close();
      await rollups?.close();
      await rules?.close();
      await events.close();
      await upstream.close();
      await teller?.close();
      await http.close();
      loopDelay.close();
      own.close();
      for (const name of DATA_CLASSES) await memories[name].save();
      await journal.close();
      await definitionJournal.close();
      letGo();
    },
  };
}
