import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../lib/clock.ts';
import { steadyTime } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { ownFolder } from '../../lib/own-folder.ts';
import type { SyslogPorts } from '../addresses.ts';
import type { RelayConfig } from '../config.ts';
import { DesiredStore } from '../desired-store.ts';
import { openHttp } from '../http.ts';
import type { HostMemory } from '../part.ts';
import type { Relay } from '../start.ts';
import { factsOf } from '../status/whole-status.ts';
import { tellWatch } from '../tell-watch.ts';
import { TicketKeys, ticketKeyFile } from '../ticket-keys.ts';
import { Directory } from './directory.ts';
import { Emptying } from './emptying.ts';
import { handOver } from './hand-over.ts';
import { BEAT_MS, PATIENCE, type Patience } from './heartbeat.ts';
import { leftWorkers } from './left-folders.ts';
import type { ToSupervisor, WorkerOrder } from './messages.ts';
import { WorkerPages } from './pages.ts';
import { type Room, roomOfLeft, roomsOf, tellUneven } from './rooms.ts';
import { RulesSwitch } from './rules-switch.ts';
import { folderOf, shareOf } from './share.ts';
import { Slot } from './slot.ts';
import { startAll } from './start-all.ts';

const PROCESS = fileURLToPath(new URL('process.ts', import.meta.url));
/** How often it is looked where hosts are, for rules, ms. */
const RULES_LOOK_MS = 250;
/** How often it is looked whether a folder of more workers is empty, ms. */
const EMPTY_EVERY_MS = 500;

export interface WorkersDeps {
  readonly log: Logger;
  readonly clock: Clock;
  /** Where the workers write their log; null: nowhere. */
  readonly workerLog: WorkerOrder['log'];
  /** Of the software, for hello. */
  readonly version?: string;
  /** When a worker is taken for hung. */
  readonly patience?: Patience;
}

/** A relay of several processes, with what a test looks at besides. */
export interface RelayOfWorkers extends Relay {
  /** By worker; null where there is none now. */
  pids(): (number | null)[];
  /** Folders of more workers that are being emptied. */
  left(): number[];
}

/** Whether the relay needs a supervisor: it has several workers, or had more than it has now. */
export function needsWorkers(config: RelayConfig): boolean {
  return config.workers > 1 || leftWorkers(config.dataDir, config.workers).length > 0;
}

/**
 * Starts a relay of several processes. This one takes no traffic in: it hands connections round, knows which worker has
 * which host, makes ticket keys, keeps what is wanted of hosts, answers for all on the HTTP port, and starts workers
 * again that end.
 */
export async function startWorkers(config: RelayConfig, deps: WorkersDeps): Promise<RelayOfWorkers> {
  const { log, clock } = deps;
  // Told here, where somebody reads it, and not by workers that do not come up.
  if (config.rollups) (await import('../rollup/rules.ts')).loadRules(config.rollups.rules, config.workers);
  if (config.rules) (await import('../rules/rules.ts')).loadAlertingRules(config.rules.file);
  const steady = steadyTime(clock);
  const home = config.dataDir;
  const letGo = ownFolder(join(home, 'supervisor'));
  const own = new Registry();
  const keys = new TicketKeys({
    path: ticketKeyFile(home),
    ca: readFileSync(config.tls.ca),
    now: () => clock.now(),
    log,
    metrics: own,
  });
  const desired = await DesiredStore.open(join(home, 'desired'), nodeFiles);
  const slots = new Map<number, Slot>();
  const all = () => [...slots.values()];
  const directory = new Directory({
    connections: config.limits.connections,
    clock,
    log,
    metrics: own,
    ask: async (worker, host, connection) => {
      const slot = slots.get(worker);
      if (!slot) return null;
      const told = await handOver(slot, (id) => ({ kind: 'hand-over', id, host, connection }), steady);
      return told as { memory: HostMemory; replaced: boolean } | null;
    },
  });
  const pages = new WorkerPages({
    name: config.name,
    facts: () => factsOf(config, clock.now()),
    now: () => clock.now(),
    slots: all,
    own,
    connected: (worker) => directory.connected(worker),
  });
  const rules =
    config.rules &&
    new RulesSwitch({
      directory,
      send: (worker, message) => {
        const slot = slots.get(worker);
        if (slot?.up) slot.send({ kind: 'rules', message });
      },
      workers: () => all().flatMap(({ worker, takesIn }) => (takesIn ? [worker] : [])),
      graceMs: config.rules.restartGrace,
      now: steady,
    });
  const hangs = own.counter('heliograph_relay_worker_hangs_total', 'Workers that hung and were ended, by cause.');
  const restarts = own.counter('heliograph_relay_worker_restarts_total', 'Workers that ended and were started again.');
  own
    .gauge('heliograph_relay_worker_up', '1 while the worker stands.')
    .collect(() => all().map((slot) => [{ worker: String(slot.worker) }, slot.up ? 1 : 0]));
  own
    .gauge('heliograph_relay_worker_connections', 'Collectors connected to each worker.')
    .collect(() => all().map(({ worker }) => [{ worker: String(worker) }, directory.connected(worker)]));

  const onMessage = (worker: number, message: ToSupervisor) => {
    if (message.kind === 'arrive') {
      const { id, host, connection } = message;
      directory.arrive(worker, host, connection, (answer) => slots.get(worker)?.send({ kind: 'arrival', id, answer }));
    } else if (message.kind === 'left') {
      rules?.left(message.host, message.fate);
      directory.left(worker, message.host, message.connection);
    } else if (message.kind === 'rules') rules?.hear(worker, message.message);
    else if (message.kind === 'learned') directory.learned(worker, message.arrivals);
    else if (message.kind === 'desired') {
      const { host, document } = message;
      desired.set(host, document).then(
        (changed) => {
          if (changed) for (const slot of all()) slot.send({ kind: 'desired', host, document });
        },
        (error) => log.error('desired configuration not taken', { host, error: String(error) }),
      );
    }
  };
  const slotOf = (worker: number, takesIn: boolean, room: Room): Slot => {
    const order: WorkerOrder = {
      worker,
      workers: config.workers,
      home,
      config: shareOf(config, worker, room),
      takesIn,
      log: deps.workerLog,
      ...(deps.version === undefined ? {} : { version: deps.version }),
    };
    return new Slot({
      order,
      log,
      restarts,
      hangs,
      patience: deps.patience ?? PATIENCE,
      now: steady,
      events: {
        onUp: (number, hosts) => {
          directory.up(number, hosts);
          if (takesIn) rules?.up(number);
          log.info('a worker stands', { worker: number, pid: slots.get(number)?.pid });
        },
        onDown: (number) => {
          rules?.down(number);
          directory.down(number);
          pages.ended(number);
        },
        onMessage,
      },
    });
  };
  cluster.setupPrimary({
    exec: PROCESS,
    args: [],
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
  });
  // Connections are handed round by this process: evenly, and past a worker that stands still (docs/decisions/relay-workers.md).
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const rooms = roomsOf(config);
  tellUneven(rooms, config.journal.maxBytes, log);
  for (const [worker, room] of rooms.entries()) slots.set(worker, slotOf(worker, true, room));
  const left = leftWorkers(home, config.workers);
  for (const worker of left) slots.set(worker, slotOf(worker, false, roomOfLeft(config, worker)));
  if (left.length > 0) {
    log.info('folders of more workers than there are now are emptied', {
      folders: left.map((one) => folderOf(home, one)),
    });
  }
  const looks = setInterval(() => {
    for (const slot of all()) slot.look();
  }, BEAT_MS);
  const stopAll = async () => {
    clearInterval(looks);
    await Promise.all(all().map((slot) => slot.stop()));
    letGo();
  };
  let http: Awaited<ReturnType<typeof openHttp>>;
  let teller: Awaited<ReturnType<typeof tellWatch>>;
  try {
    await startAll(all(), log);
    http = await openHttp(config.http.listen, pages.pages());
    teller = await tellWatch(config, pages.pages(), own, log);
  } catch (error) {
    await stopAll();
    throw error;
  }
  directory.open();

  const emptying = new Emptying({ home, slots, directory, pages, log });
  const timers = [
    setInterval(() => {
      try {
        keys.renew(readFileSync(config.tls.ca));
      } catch (error) {
        log.error('the authority cannot be read; the ticket keys stay', { ca: config.tls.ca, error: String(error) });
      }
    }, config.tls.check),
    setInterval(() => emptying.look(), EMPTY_EVERY_MS),
    ...(rules ? [setInterval(() => rules.look(), RULES_LOOK_MS)] : []),
  ];
  const { port: mqtt = 0, websocket = 0 } = all().find((slot) => slot.takesIn && slot.up) ?? {};
  log.info('relay is up', { name: config.name, mqtt, websocket, http: http.port, workers: config.workers });
  return {
    addresses: {
      mqtt,
      websocket,
      doors: config.doors?.http?.listen.port ?? 0,
      grpc: config.doors?.grpc?.listen.port ?? 0,
      mqttJson: config.doors?.mqttJson?.listen.port ?? 0,
      syslog: syslogPorts(config),
      http: http.port,
    },
    metrics: own,
    pids: () => all().map((slot) => slot.pid ?? null),
    left: () => left.filter((worker) => slots.has(worker)),
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      await teller?.close();
      await http.close();
      await stopAll();
    },
  };
}

/** As they are configured: the first worker opens them. */
function syslogPorts({ doors }: RelayConfig): SyslogPorts {
  const { udp, tcp, tls } = doors?.syslog ?? {};
  return { udp: udp?.port ?? 0, tcp: tcp?.port ?? 0, tls: tls?.listen.port ?? 0 };
}
