import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after } from '../lib/after.ts';
import { countBuffersWithHeap } from '../lib/buffer-memory.ts';
import { type Clock, steadyTime, systemClock } from '../lib/clock.ts';
import { RESOLUTION_MS, watchEventLoop } from '../lib/event-loop.ts';
import type { Logger } from '../lib/log.ts';
import { Registry } from '../lib/metrics.ts';
import { parseSelector } from '../lib/promql/selector.ts';
import { TokenList } from '../lib/tokens/token-file.ts';
import type { DataClass } from '../proto/class.ts';
import { decodeStatus } from '../proto/message.ts';
import { openAlerts } from './alerts/open.ts';
import { Health } from './api/health.ts';
import { type ApiServer, openApi } from './api/server.ts';
import type { CoreConfig } from './config.ts';
import { openOrBegin, openWhole } from './disk/damage.ts';
import { DesiredStore } from './fleet/desired.ts';
import { Fleet } from './fleet/fleet.ts';
import { LevelDesk } from './fleet/level-desk.ts';
import { Silences } from './fleet/silences.ts';
import { Freshness } from './freshness/freshness.ts';
import { Definitions } from './gateway/definitions.ts';
import { Doors } from './gateway/doors/open.ts';
import { Gateway, type GatewayOptions } from './gateway/gateway.ts';
import { GatewayPressure } from './gateway/pressure.ts';
import { GROUP, Indexer, type IndexerOptions } from './indexer/indexer.ts';
import { TOPICS } from './indexer/lines.ts';
import { openPipeline } from './indexer/pipeline/open.ts';
import { Account } from './ledger/account.ts';
import { BusAccount } from './ledger/bus-account.ts';
import { BusMemory } from './ledger/bus-memory.ts';
import { DeadLetters } from './ledger/dead-letters.ts';
import { DoorTotals } from './ledger/door-totals.ts';
import { Gaps } from './ledger/gaps.ts';
import { LateWrites } from './ledger/late-writes.ts';
import { ownAccounts } from './ledger/own-accounts.ts';
import { RefusedLines } from './ledger/refused-lines.ts';
import { RefusedSeries } from './ledger/refused-series.ts';
import { parseLedger, Reports } from './ledger/reports.ts';
import { LetterBudget } from './letters/budget.ts';
import { OwnDesk } from './letters/desk.ts';
import { openLetters } from './letters/open.ts';
import { OrderDesk } from './limits/order-desk.ts';
import { OrderStore } from './limits/order-store.ts';
import { openPeers } from './peers/open.ts';
import type { RefusedLine } from './ports/log-store.ts';
import { openRollups } from './rollup/open.ts';
import { stayOf } from './rollup/stays.ts';
import { openMemory, openState } from './state.ts';
import { openStores, type StoreDeps, type Stores } from './stores.ts';
import { LogTail } from './tail/log-tail.ts';
import { startUpkeep } from './upkeep.ts';
import { OneATurn } from './workers/one-a-turn.ts';

countBuffersWithHeap();

export interface CoreDeps {
  readonly log: Logger;
  readonly clock?: Clock;
  /** In place of the embedded stores; closed with the core. */
  readonly stores?: Stores;
  /** Told when a thread of a store ended by a fault. Unless given the process ends: whoever supervises it starts it again, whole. */
  readonly onDeath?: (error: Error) => void;
}

export interface Core {
  /** 0 where this process is no gateway. */
  readonly ingest: { readonly port: number };
  readonly http: { readonly host: string; readonly port: number };
  /** The doors for other machines, where there are listeners for them. */
  readonly push: { readonly port: number | null; readonly grpcPort: number | null };
  /** Where the console of a split core asks this process; null where it does not. */
  readonly peers: { readonly port: number | null };
  readonly registry: Registry;
  close(): Promise<void>;
}

/** The file of tokens in a core's folder. */
const TOKEN_FILE = 'tokens.json';
/** Bytes of records the indexer takes at once: large enough to make a transaction pay, small enough to be searchable soon. */
const BATCH_BYTES = 1 << 20;
/** How often it is looked who shares caps, and which have ended, ms. */
const ORDERS_EVERY_MS = 1000;
/** How long a replay waits for a definition that a relay is asked for: somebody waits for the answer. */
const REPLAY_WAIT_MS = 2_000;

/**
 * Starts a core in this process: stores, indexer, gateway, API. Resolves when relays and people can connect.
 * @throws HeliographError HG_CERT_FILE, HG_PORT_TAKEN, HG_CORE_HTTP_ADDRESS, or of a store
 */
export async function startCore(config: CoreConfig, deps: CoreDeps): Promise<Core> {
  const { log } = deps;
  const clock = deps.clock ?? systemClock;
  const now = () => clock.now();
  const registry = new Registry();
  const health = new Health(now);
  // Closed in the reverse order, also when the start stops half-way.
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    let failed: unknown = null;
    for (const step of closers.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        // The others let go of what they have all the same.
        failed ??= error;
      }
    }
    if (failed !== null) throw failed;
  };
  try {
    closers.push(watchEventLoop(registry, 'heliograph_core_', monitorEventLoopDelay({ resolution: RESOLUTION_MS })));
    const state = openWhole(join(config.dataDir, 'core.db'), () => openState(config.dataDir));
    closers.push(() => state.close());
    const begun = (aside: string, error: Error) =>
      log.error('a file that can be done without was damaged; it is put aside and a new one begun', {
        aside,
        'error.message': error.message,
      });
    const fleetFile = join(config.dataDir, 'fleet.db');
    const memory = openOrBegin(fleetFile, now(), () => openWhole(fleetFile, () => openMemory(config.dataDir)), begun);
    closers.push(() => memory.close());
    const late = new LateWrites({ health, log, timer: after });
    closers.push(() => late.close());
    // Lines come to the stores only when the indexer is there, and it comes after the letters.
    let refusedLines: RefusedLines | null = null;
    const onRefused = (lines: readonly RefusedLine[]) => refusedLines!.put(lines);
    let refusedSeries: RefusedSeries | null = null;
    const onRefusedSeries: StoreDeps['onRefusedSeries'] = (frame, refused) => refusedSeries!.put(frame, refused);
    // What comes before there is an account is in the totals that it begins with.
    let running: Account | null = null;
    const onLater: StoreDeps['onLater'] = (drop) => running?.dropLater('metric', drop);
    const takes = config.roles.includes('gateway');
    const indexes = config.roles.includes('indexer');
    // Where others index what this process puts on the bus, or put there what it indexes.
    const put = takes && indexes ? null : new BusAccount(memory, 'bus_put', () => clock.mono());
    closers.push(() => put?.save());
    const onPut: StoreDeps['onPut'] = (topic, partition, from, to) => {
      const dataClass = TOPICS[topic];
      if (put && dataClass) late.write(`bus_put ${topic} ${partition}`, () => put.put(dataClass, partition, from, to));
    };
    const onDeath = deps.onDeath ?? die;
    const stores =
      deps.stores ??
      (await openStores(config, { log, clock, registry, health, onRefused, onRefusedSeries, onLater, onPut, onDeath }));
    closers.push(async () => {
      await stores.bus.close();
      await Promise.all([stores.metrics.close(), stores.logs.close(), stores.objects.close()]);
    });
    for (const part of ['metric store', 'log store', 'bus', 'objects']) health.begin(part);

    const budget = new LetterBudget(state, config.limits.deadLetterBytes);
    const deadLetters = new DeadLetters(stores.objects, state, now, budget);
    refusedLines = new RefusedLines(stores.objects, state, now, budget);
    refusedSeries = new RefusedSeries(stores.objects, state, now, budget, (id) =>
      log.error(
        'samples that the metric store refused are counted and not kept: a quarter of limits.deadLetterBytes is full of them',
        {
          host: id.host,
        },
      ),
    );
    // In a bucket those of others lie too.
    if (config.objects === 'folder') await refusedSeries.adopt();
    const gaps = new Gaps(state);
    const freshness = new Freshness(registry, now);
    const refused = registry.counter(
      'heliograph_core_refused_total',
      'Frames, blocks, streams and samples that were not taken, by code or reason',
    );
    const run = randomBytes(6).toString('base64url');
    const tail = new LogTail(run);
    const pipeline = indexes ? await openPipeline(config, { log, clock, registry }) : null;
    if (pipeline) closers.push(() => pipeline.close());
    const taken = indexes && !takes ? new BusAccount(state) : null;
    const indexerParts: IndexerOptions = {
      ...stores,
      taken,
      deadLetters,
      freshness,
      health,
      log,
      now,
      refused,
      onStored: (frames) => tail.stored(frames),
      maxBytes: BATCH_BYTES,
      pipeline: pipeline?.pipeline ?? null,
    };
    const indexer = indexes ? await Indexer.open(indexerParts) : null;
    closers.push(() => indexer?.close());
    const account = await openAccount(config, stores, deadLetters, memory, late);
    running = account;
    indexer?.start(account);

    const desired = new DesiredStore(state, log);
    const orders = new OrderDesk(new OrderStore(state), now, steadyTime(clock));
    const orderTicks = setInterval(() => orders.tick(), ORDERS_EVERY_MS);
    closers.push(() => clearInterval(orderTicks));
    const silences = new Silences(memory);
    const pushing = registry.counter(
      'heliograph_core_pushing_hosts_over_total',
      'Times that a host which only pushes was not remembered, because there are too many of them',
    );
    const fleet = new Fleet({
      memory,
      now,
      decodeStatus: (bytes) => {
        const status = decodeStatus(bytes);
        return status.ledger === null ? status : { ...status, ledger: parseLedger(status.ledger) };
      },
      desired: (host) => desired.bytes(host, now()),
      silences,
      onTooMany: (hosts) => pushing.inc({}, hosts),
      onBadStatus: (host, error) => {
        refused.inc({ code: 'bad_status' });
        log.warn('the status of a host cannot be read', { host, 'error.message': String(error) });
      },
    });
    const levels = new LevelDesk(desired, fleet, now);
    closers.push(() => levels.stop());
    const reports = new Reports(memory);
    const busMemory = new BusMemory(memory);
    closers.push(() => {
      try {
        fleet.save();
        reports.save();
      } catch (error) {
        log.warn('what is known of the fleet could not be saved', { 'error.message': String(error) });
      }
    });
    const definitions = openOrBegin(
      join(config.dataDir, 'definitions.db'),
      now(),
      () =>
        new Definitions(config.dataDir, config.limits.definitionMemory, config.limits.definitionDisk, (error) => {
          if (error === null) health.well('definitions');
          else if (health.ill('definitions', String(error)))
            log.error('definitions could not be kept on disk; relays are asked again', {
              'error.message': String(error),
            });
        }),
      begun,
    );
    closers.push(() => definitions.close());

    const rollups = takes
      ? await openRollups({
          ...{ dataDir: config.dataDir, metrics: stores.metrics, account, registry, refused, clock, log },
          config: config.rollups,
          stay: (host, relay) => stayOf(fleet.views(host), relay),
          shared: config.bus === 'kafka' ? stores.bus : null,
        })
      : null;
    closers.push(() => rollups?.close());

    // What frames go through, whether a relay brings them or a replay.
    const pieces = new OneATurn(setImmediate);
    const way = {
      now,
      breathe: (dataClass: DataClass, lane: 'live' | 'backfill') =>
        pieces.next(lane === 'live' && (dataClass === 'alert' || dataClass === 'metric')),
      definitions,
      metrics: stores.metrics,
      bus: stores.bus,
      fleet,
      gaps,
      account,
      freshness,
      sketches: rollups,
      unchecked: registry.counter(
        'heliograph_core_unchecked_instances_total',
        'Metric frames about others than their host that came by a relay which had not checked that the host may speak for them, by relay: the names are kept as exported_instance',
      ),
    };
    const pressure = new GatewayPressure({ ...config.limits, bus: stores.bus, registry });
    closers.push(() => pressure.close());
    const gatewayParts: Omit<GatewayOptions, 'listen'> = {
      ...way,
      config,
      registry,
      pressure,
      log,
      deadLetters,
      reports,
      orders,
      onStore: (dataClass, error) => {
        const part = dataClass === 'metric' ? 'metric store' : 'bus';
        if (error === null) health.well(part);
        else {
          // Once, not for every block that comes meanwhile: the log may lie on the same full disk.
          if (health.ill(part, String(error))) {
            log.error('a store does not take data; the relays keep it', { part, 'error.message': String(error) });
          }
        }
      },
    };
    const { listen } = config.ingest;
    const gateway = takes && listen ? await Gateway.open({ ...gatewayParts, listen }) : null;
    closers.push(() => gateway?.close());

    const letters = openLetters({
      ...stores,
      state,
      budget,
      account,
      registry,
      now,
      frames: {
        ...way,
        refused,
        definitionWaitMs: Math.min(REPLAY_WAIT_MS, config.limits.definitionWait),
      },
    });

    const { openDoorLimits } =
      takes && config.cardinality ? await import('./limits/open.ts') : { openDoorLimits: null };
    const cardinality = openDoorLimits?.({ config: config.cardinality!, clock, log, metrics: registry }) ?? null;
    closers.push(() => cardinality?.close());
    orders.ownDoors(takes ? cardinality !== null : null);
    if (cardinality) {
      cardinality.setOrders(orders.orders());
      orders.onChange(() => cardinality.setOrders(orders.orders()));
    }
    const tokens = new TokenList(join(config.dataDir, TOKEN_FILE), (error) =>
      log.error('the tokens cannot be read; those known before stay good', { 'error.message': String(error) }),
    );
    const doors = takes
      ? await Doors.open({
          config,
          registry,
          log,
          now,
          metrics: stores.metrics,
          bus: stores.bus,
          account,
          fleet,
          pressure,
          tokens,
          cardinality,
          health,
        })
      : null;
    closers.push(() => doors?.close());

    const alerts = config.roles.includes('alerts')
      ? await openAlerts({
          config,
          ...stores,
          fleet,
          tail,
          account,
          clock,
          log,
          registry,
          health,
          refused,
          random: Math.random,
        })
      : null;
    closers.push(() => alerts?.close());
    if (config.watch || config.alerts.tiers.expect.length > 0) {
      const { openWatch } = await import('./watch/open.ts');
      const watch = openWatch({ config, fleet, alerts, clock, log, registry, health });
      closers.push(() => watch.close());
    }

    const { roles } = config;
    const { metrics, logs } = stores;
    const own = ownAccounts({ roles, account, reports, deadLetters, taken, put, metrics, logs, now });
    const desk = new OwnDesk(letters, config.name);
    let api: ApiServer | null = null;
    const peers = await openPeers(
      {
        // Who asks before it listens hears that it has none, and asks again.
        askApi: async (question) => (api === null ? null : api.ask(question)),
        config,
        fleet,
        gaps,
        desired,
        levels,
        orders,
        reports,
        busMemory,
        tail,
        health,
        log,
        now,
        run,
        freshness,
        bus: stores.bus,
        letters: desk,
      },
      own,
    );
    closers.push(() => peers.close());

    const opened = await openApi(config.http.listen, config.http.hosts, {
      clock,
      log,
      registry,
      query: config.query,
      metrics: stores.metrics,
      logs: stores.logs,
      fleet,
      desired,
      levels,
      gaps,
      silences,
      tail,
      letters: peers.letters,
      ledger: { accounts: peers.accounts, fleet, gaps },
      freshness: peers.freshness,
      health,
      parseSelector,
      doors,
      cardinality,
      orders,
      tokens,
      alerts,
      alertsElsewhere: peers.alerts,
    });
    api = opened;
    closers.push(() => opened.close());
    closers.push(startUpkeep({ config, stores, letters, fleet, reports, registry, health, log, now }));

    log.info(takes ? 'the core takes data' : 'this part of the core is up', {
      roles: config.roles,
      ...(gateway ? { 'ingest.port': gateway.port } : {}),
      'http.port': opened.port,
      data: config.dataDir,
    });
    return {
      ingest: { port: gateway?.port ?? 0 },
      http: { host: opened.host, port: opened.port },
      push: { port: doors?.httpPort ?? null, grpcPort: doors?.grpcPort ?? null },
      peers: { port: peers.port },
      registry,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As an uncaught error, so that it is logged and ends the process in one place. */
function die(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** The account as the stores have it, with what waits on the bus. */
async function openAccount(
  config: CoreConfig,
  stores: Stores,
  deadLetters: DeadLetters,
  memory: ReturnType<typeof openMemory>,
  late: LateWrites,
): Promise<Account> {
  const takes = config.roles.includes('gateway');
  const indexes = config.roles.includes('indexer');
  const lag = takes && indexes ? await stores.bus.lag() : [];
  const logs = await stores.logs.totals();
  // Last: the metric store goes on bringing what waited, and tells of what it drops from here on.
  const metrics = await stores.metrics.totals();
  const waiting = new Map(
    lag.flatMap(({ topic, group, records }) => {
      const dataClass = TOPICS[topic];
      return dataClass && group === GROUP ? [[dataClass, records] as const] : [];
    }),
  );
  return new Account(config.name, {
    metrics,
    logs,
    waiting,
    aside: deadLetters.setAside(),
    doors: new DoorTotals(memory, late),
    ...(takes && indexes
      ? {}
      : {
          published: new DoorTotals(memory, late, 'published'),
          acknowledged: new DoorTotals(memory, late, 'acknowledged'),
        }),
    indexesOnly: indexes && !takes,
  });
}
