import { systemClock } from '../../lib/clock.ts';
import { ERRORS, HeliographError } from '../../lib/errors.ts';
import { createLog, type Logger, silentLog } from '../../lib/log.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { type Pages, pageAt } from '../http.ts';
import type { Arrival, PartHands, RelayPart } from '../part.ts';
import type { ToRules } from '../rules/link.ts';
import { type Relay, startRelay } from '../start.ts';
import { DiskWait } from './disk-wait.ts';
import { BEAT_MS } from './heartbeat.ts';
import { markInUse } from './left-folders.ts';
import type { ToSupervisor, ToWorker, WorkerOrder } from './messages.ts';

/**
 * A worker's process, started by the supervisor: one relay with a folder, a journal and a stream of its own. It speaks with
 * the supervisor over the channel of node:cluster, and its port for collectors is the one that all workers share.
 */
const say = (message: ToSupervisor): void => {
  // The channel of a supervisor that is gone; 'disconnect' follows.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
};
const arrivals = new Map<number, (answer: Arrival) => void>();
/** What came before the relay stood. */
const early: ToWorker[] = [];
let pages: Pages = {};
let hands: PartHands | null = null;
let relay: Relay | null = null;
let log: Logger = silentLog;
/** Who hears what is said of rules; nobody where there are none. */
let onRules: (message: ToRules) => void = () => undefined;
let answered = 0;
let stopping = false;
const disk = new DiskWait(nodeFiles);

function partOf(order: WorkerOrder): RelayPart {
  let ids = 0;
  return {
    worker: order.worker,
    workers: order.workers,
    home: order.home,
    serve: async (its) => {
      pages = its;
      return { port: 0, close: async () => undefined };
    },
    arrive: (host, connection, done) => {
      const id = ++ids;
      arrivals.set(id, done);
      say({ kind: 'arrive', id, host, connection });
    },
    left: (host, connection, fate) => say({ kind: 'left', host, connection, fate }),
    rules: {
      send: (message) => say({ kind: 'rules', message }),
      hear: (take) => {
        onRules = take;
      },
    },
    desired: (host, document) => say({ kind: 'desired', host, document }),
    arrivals: () => answered,
    learned: (count) => say({ kind: 'learned', arrivals: count }),
    attach: (its) => {
      hands = its;
    },
  };
}

async function start(order: WorkerOrder): Promise<void> {
  const { level, file } = order.log ?? {};
  if (order.log) {
    const own = createLog('heliograph-relay', { ...(level ? { level } : {}), ...(file ? { file } : {}) });
    log = named(own, order.worker);
  }
  if (order.takesIn) markInUse(order.home, order.worker);
  const { version } = order;
  relay = await startRelay(order.config, {
    log,
    clock: systemClock,
    takesIn: order.takesIn,
    files: disk.files,
    part: partOf(order),
    ...(version === undefined ? {} : { version }),
  });
  const { mqtt: port, websocket } = relay.addresses;
  say({ kind: 'ready', port, websocket, hosts: hands!.hosts() });
  for (const message of early.splice(0)) hear(message);
}

function hear(message: ToWorker): void {
  if (message.kind === 'start') {
    start(message.order).catch((error: unknown) => {
      const code = error instanceof HeliographError ? error.code : null;
      log.error('a worker did not start', { 'error.message': String(error) });
      // The channel takes it before the process ends.
      const failed = { kind: 'failed', code, message: detailOf(error) } satisfies ToSupervisor;
      process.send!(failed, undefined, undefined, () => process.exit(1));
    });
    return;
  }
  if (message.kind === 'stop') {
    void stop('the relay stops');
    return;
  }
  if (!hands) {
    early.push(message);
    return;
  }
  if (message.kind === 'arrival') {
    answered++;
    arrivals.get(message.id)?.(message.answer);
    arrivals.delete(message.id);
  } else if (message.kind === 'rules') onRules(message.message);
  else if (message.kind === 'desired') hands.desired(message.host, message.document);
  else {
    const { id } = message;
    answerTo(message, hands).then(
      (value) => say({ kind: 'answer', id, value }),
      (error: unknown) => say({ kind: 'answer', id, value: null, error: String(error) }),
    );
  }
}

async function answerTo(
  message: Extract<ToWorker, { kind: 'hand-over' | 'memories' | 'learn' | 'page' | 'farewell' }>,
  its: PartHands,
): Promise<unknown> {
  if (message.kind === 'hand-over') return its.handOver(message.host, message.connection);
  if (message.kind === 'memories') return message.hosts.map((host) => its.memory(host));
  if (message.kind === 'learn') return its.learn(message.memories);
  if (message.kind === 'farewell') return its.farewell();
  return pageAt(pages, message.path)!();
}

async function stop(reason: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info('a worker is closing', { reason });
  try {
    await relay?.close();
  } catch (error) {
    log.error('a worker did not close in good order', { 'error.message': String(error) });
    process.exit(1);
  }
  process.exit(0);
}

/** What the error says without the words of its code, which the supervisor puts in front again. */
function detailOf(error: unknown): string {
  if (!(error instanceof HeliographError)) return String(error);
  return error.message.slice(`${error.code}: ${ERRORS[error.code]}: `.length);
}

function named(inner: Logger, worker: number): Logger {
  return {
    debug: (message, facts) => inner.debug(message, { worker, ...facts }),
    info: (message, facts) => inner.info(message, { worker, ...facts }),
    warn: (message, facts) => inner.warn(message, { worker, ...facts }),
    error: (message, facts) => inner.error(message, { worker, ...facts }),
  };
}

const crash = (error: unknown): never => {
  log.error('a worker ends on an unexpected error', {
    'error.message': String(error),
    'error.stack_trace': (error as Error)?.stack,
  });
  process.exit(1);
};
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
// Ctrl-C goes to the whole group, and the supervisor sees to it; a SIGTERM to this process alone means this worker.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => void stop('SIGTERM'));
// Without a supervisor nobody knows who has which host. What was acknowledged is on disk, so nothing waits.
process.on('disconnect', () => process.exit(0));
process.on('message', hear);
setInterval(() => say({ kind: 'beat', diskMs: disk.look() * BEAT_MS }), BEAT_MS);
