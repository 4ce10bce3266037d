/**
 * Lets a pino logger follow the level that is wanted of its service, at the collector's socket:
 *
 *   const log = pino();
 *   followLevels(log, { service: 'pay' });
 *
 * Without a collector, and when a level's time is over, the logger has its own level. Nothing here keeps the process alive.
 */
import { connect } from 'node:net';

/** pino's names; the others are the same. */
const NAMES = { warning: 'warn' };
const AGAIN_MS = 5000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @returns ends it: the logger has its own level again */
export function followLevels(log, { service, socket: path = '/run/heliograph/levels.sock', againMs = AGAIN_MS }) {
  const own = log.level;
  let stopped = false;
  let back = null;
  let again = null;
  let socket = null;

  const set = (level, until) => {
    clearTimeout(back);
    log.level = level === null ? own : (NAMES[level] ?? level);
    if (level === null || until === null) return;
    // Also where the collector is gone by then.
    const left = until - Date.now();
    const end = () => (left > LONGEST_TIMER_MS ? set(level, until) : set(null, null));
    back = setTimeout(end, Math.min(Math.max(0, left), LONGEST_TIMER_MS)).unref();
  };
  const open = () => {
    let rest = '';
    socket = connect(path, () => socket.write(`${JSON.stringify({ service })}\n`));
    socket.setEncoding('utf8').unref();
    socket.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const { level, until } = JSON.parse(line);
        if (level !== undefined) set(level, until);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!stopped) again = setTimeout(open, againMs).unref();
    });
  };
  open();
  return () => {
    stopped = true;
    clearTimeout(again);
    socket.destroy();
    set(null, null);
  };
}
