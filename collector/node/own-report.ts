import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogLevel } from '../core/host.ts';

/** A warning or error that a collector said, one for each message and source: how often, and when last. */
export interface OwnError {
  readonly level: 'warn' | 'error';
  readonly message: string;
  /** The source, file or relay that it is about; empty where it names none. */
  readonly about: string;
  readonly detail: string;
  readonly count: number;
  /** ms since the epoch, by the clock here. */
  readonly last: number;
}

/** What a running collector tells a doctor on its machine. */
export interface OwnReport {
  readonly pid: number;
  readonly time: number;
  readonly uptimeSeconds: number;
  readonly profile: string;
  readonly connected: boolean;
  /** How far the clock here is ahead of the relay's; null before a relay has said its time. */
  readonly clockAheadMs: number | null;
  readonly residentBytes: number;
  /** To disks since its start, by the kernel's account; null where it keeps none. */
  readonly writtenBytes: number | null;
  readonly errors: readonly OwnError[];
}

const FILE = 'report.json';
const MOST_ERRORS = 50;
const MOST_TEXT = 300;
/** Facts that say what a message is about, the first there. */
const ABOUT = ['source', 'path', 'relay', 'file', 'device', 'target'];

/** Remembers the last of each error that was logged. Bounded: the one that was not heard for longest makes room. */
export class OwnErrors {
  readonly #errors = new Map<string, OwnError>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  take(level: LogLevel, message: string, facts: Readonly<Record<string, unknown>> = {}): void {
    if (level !== 'warn' && level !== 'error') return;
    const about = String(ABOUT.map((name) => facts[name]).find((value) => value !== undefined) ?? '').slice(
      0,
      MOST_TEXT,
    );
    const key = `${message}\0${about}`;
    const count = (this.#errors.get(key)?.count ?? 0) + 1;
    // Set anew, it stands last.
    this.#errors.delete(key);
    const detail = JSON.stringify(facts).slice(0, MOST_TEXT);
    this.#errors.set(key, { level, message: message.slice(0, MOST_TEXT), about, detail, count, last: this.#now() });
    if (this.#errors.size > MOST_ERRORS) this.#errors.delete(this.#errors.keys().next().value!);
  }

  get all(): OwnError[] {
    return [...this.#errors.values()];
  }
}

/** The file in `folder`, which is in memory (systemd's RuntimeDirectory): written anew, whole. @returns why it could not be written, which costs the report and nothing else; null */
export function writeReport(folder: string, report: OwnReport): string | null {
  try {
    const file = join(folder, FILE);
    writeFileSync(`${file}.new`, JSON.stringify(report), { mode: 0o640 });
    renameSync(`${file}.new`, file);
    return null;
  } catch (error) {
    return String(error);
  }
}

export function removeReport(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** null where there is none, or none that can be understood. */
export function readReport(folder: string): OwnReport | null {
  try {
    const report = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as OwnReport;
    return typeof report.time === 'number' && Array.isArray(report.errors) ? report : null;
  } catch {
    return null;
  }
}

/** Bytes that this process had written to disks: write_bytes of proc_pid_io(5), which leaves out what went to memory file systems. */
export function bytesWritten(io: () => string = () => readFileSync('/proc/self/io', 'utf8')): number | null {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(io());
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}
