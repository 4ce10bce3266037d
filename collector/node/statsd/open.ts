import { createSocket } from 'node:dgram';
import { HeliographError } from '../../../lib/errors.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import type { Host } from '../../core/host.ts';
import type { PushedIntake } from '../../core/pushed/intake.ts';
import { atEach, placeOf } from '../at-each.ts';
import type { SketchSettings } from '../sketch-settings.ts';
import { listenAtSocket } from '../unix-socket.ts';
import { Aggregates } from './aggregates.ts';
import type { StatsdConfig } from './config.ts';
import { statsdStream } from './stream.ts';

/** StatsD, while it is open. */
export interface Statsd {
  /** Of UDP; null: it is not configured. */
  readonly port: number | null;
  /** Sends what was counted so far, and closes. */
  close(): Promise<void>;
}

/** Of name and tags, for each series that there may be: usual ones have 100. */
const CHARACTERS = 1000;

/** @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openStatsd(
  config: StatsdConfig,
  { host, pushed, sketches }: { host: Host; pushed: PushedIntake; sketches: SketchSettings },
): Promise<Statsd> {
  const { job, setLimit, forgetAfter, interval } = config;
  const seriesLimit = heapShare(10_000, config.seriesLimit);
  const aggregates = new Aggregates({
    ...{ mono: host.mono, seriesLimit, setLimit, forgetAfter },
    characterLimit: heapShare(64, seriesLimit * CHARACTERS),
  });
  // A timer is two series and a sketch.
  const target = pushed.target({ job, open: true, seriesLimit: 3 * seriesLimit + 20 });
  const packet = (bytes: Buffer): void => {
    for (const line of bytes.toString('utf8').split('\n')) if (line !== '') aggregates.line(line.trimEnd());
  };
  const closes: (() => Promise<void>)[] = [];
  let port: number | null = null;
  try {
    if (config.udp) {
      const udp = await openUdp(config.udp, config.receiveBuffer, packet);
      port = udp.port;
      closes.push(udp.close);
    }
    if (config.unix) {
      const server = statsdStream(packet, () => aggregates.count('bad_line'));
      await listenAtSocket(server, config.unix.path, Number.parseInt(config.unix.mode, 8));
      closes.push(() => new Promise((resolve) => server.close(() => resolve())));
    }
  } catch (error) {
    for (const close of closes) await close();
    throw error;
  }
  let lastEnd = Number.NaN;
  const flush = (instant: number, isLast = false): void => {
    target.row(instant, (sink) => aggregates.row(sink));
    // Windows of all hosts end alike, so that they can be merged, while each host has a place of its own in the interval.
    let end = Math.round(target.lastRow / interval) * interval;
    // After a clock was set back rows are a little closer: what would be of the same window goes with the next.
    if (end === lastEnd && !isLast) return;
    if (end === lastEnd) end += interval;
    lastEnd = end;
    const some = aggregates.sketches();
    if (some.length === 0) return;
    target.sketches({ rule: sketches.rule, end, plan: sketches.plan }, some);
  };
  const stop = atEach(host, interval, placeOf(host, `statsd ${pushed.name}`), async (instant) => flush(instant));
  return {
    port,
    close: async () => {
      stop();
      for (const close of closes) await close();
      flush(host.now(), true);
    },
  };
}

function openUdp(
  { host, port }: { host: string; port: number },
  receiveBuffer: number,
  packet: (bytes: Buffer) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: receiveBuffer });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'HG_PORT_TAKEN' : 'HG_PORT_RIGHT';
      reject(
        new HeliographError(
          code,
          `${host}:${port} for applications.statsd.udp: ${cause.message}`,
          { host, port },
          cause,
        ),
      );
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // Such as that a datagram could not be read: the next one can.
      socket.on('error', () => undefined);
      socket.on('message', packet);
      resolve({ port: socket.address().port, close: () => new Promise((closed) => socket.close(() => closed())) });
    });
  });
}
