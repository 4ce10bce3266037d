import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { printable, spanText } from '../terminal/text.ts';
import { type Check, ok, systemReason, warn } from './check.ts';
import { PROBE_NAME } from './probes.ts';

const TAIL_BYTES = 512 * 1024;
const LOOK_BACK_MS = 3_600_000;
const MOST = 5;

/** Where "npm start" puts the log of a tier whose configuration is `file`; null where there is none. */
export function usualLog(file: string, tier: string): string | null {
  const log = join(dirname(dirname(file)), 'logs', `${tier}.log`);
  return basename(dirname(file)) === 'config' && existsSync(log) ? log : null;
}

/** The last warnings and errors that a tier wrote within the hour, one a message, the newest first. */
export function checkOwnLog(file: string, now: number): Check[] {
  let text: string;
  try {
    text = tailOf(file);
  } catch (error) {
    return [warn('log', `${file}: ${systemReason(error)}`, 'give the right file with --log')];
  }
  const found = new Map<string, { level: string; time: number; count: number; detail: string }>();
  for (const line of text.split('\n').reverse()) {
    const entry = parse(line);
    if (!entry || now - entry.time > LOOK_BACK_MS || !/^(warn|error|fatal)$/.test(entry.level)) continue;
    // Our own knock at the door.
    if (line.includes(PROBE_NAME)) continue;
    const seen = found.get(entry.message);
    if (seen) seen.count++;
    else found.set(entry.message, { level: entry.level, time: entry.time, count: 1, detail: entry.detail });
  }
  if (found.size === 0) return [ok('log', `no warning or error within the hour in ${file}`)];
  return [...found].slice(0, MOST).map(([message, { level, time, count, detail }]) => {
    const times = count > 1 ? `, ${count} times` : '';
    const words = printable(`${message}${detail}`).slice(0, 300);
    return warn('log', `${spanText(Math.max(0, now - time))} ago${times} (${level}): ${words}`, `see ${file}`);
  });
}

function tailOf(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const got = readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8', 0, got);
  } finally {
    closeSync(fd);
  }
}

function parse(line: string): { level: string; time: number; message: string; detail: string } | null {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // The first line of the tail is cut, and a crash of Node writes plain text.
    return null;
  }
  const time = Date.parse(String(entry['@timestamp']));
  if (Number.isNaN(time)) return null;
  const facts = Object.entries(entry).filter(
    ([name]) => !/^(@timestamp|log\.level|message|service\.name|error\.stack_trace)$/.test(name),
  );
  const detail = facts
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  return { level: String(entry['log.level']), time, message: String(entry.message), detail };
}
