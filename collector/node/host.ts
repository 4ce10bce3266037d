import { createHash, randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import { crc32, constants as zlib, zstdCompressSync } from 'node:zlib';
import { systemClock } from '../../lib/clock.ts';
import type { Host, LogLevel } from '../core/host.ts';
import { nodeFiles } from './files.ts';

/** What a caller may put in the place of the machine's own: a test its clock and randomness, the command line its log. */
export type NodeHostOverrides = Partial<
  Pick<Host, 'files' | 'now' | 'mono' | 'random' | 'log' | 'timer' | 'cancel'>
> & {
  readonly version?: string;
};

/**
 * Level 3's way (two hash tables, one for long matches), with the short one at six bytes, as shorter matches do not pay in log lines, and with
 * tables of 128 KiB, which stay in the processor's cache: of lines of 322 bytes 5 % fewer bytes than level 3 and a quarter less time.
 */
const ZSTD = {
  [zlib.ZSTD_c_compressionLevel]: 3,
  [zlib.ZSTD_c_strategy]: zlib.ZSTD_dfast,
  [zlib.ZSTD_c_minMatch]: 6,
  [zlib.ZSTD_c_hashLog]: 15,
  [zlib.ZSTD_c_chainLog]: 15,
};

/**
 * The Host of Node.
 * `log` writes one line of JSON to standard error unless another is given.
 */
export function createNodeHost(overrides: NodeHostOverrides = {}): Host {
  const timers = new Map<number, NodeJS.Timeout>();
  let lastTimer = 0;
  const text = new TextDecoder('utf-8', { ignoreBOM: true });
  const textEncoder = new TextEncoder();
  return {
    info: {
      hostname: hostname(),
      arch: process.arch,
      platform: process.platform,
      pid: process.pid,
      version: overrides.version ?? '0.1.0',
    },
    files: overrides.files ?? nodeFiles,
    now: overrides.now ?? systemClock.now,
    mono: overrides.mono ?? systemClock.mono,
    random: overrides.random ?? ((into) => void randomFillSync(into)),
    log: overrides.log ?? consoleLog,
    timer:
      overrides.timer ??
      ((run, ms) => {
        const id = ++lastTimer;
        timers.set(
          id,
          setTimeout(() => {
            timers.delete(id);
            run();
          }, ms),
        );
        return id;
      }),
    cancel:
      overrides.cancel ??
      ((id) => {
        clearTimeout(timers.get(id));
        timers.delete(id);
      }),
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    crc32: (bytes, seed) => crc32(bytes, seed),
    utf8: (bytes, from, to) => text.decode(bytes.subarray(from, to)),
    utf8Bytes: (value) => textEncoder.encode(value),
    // All in one go: with the default chunk the call costs a third more.
    compress: (bytes) =>
      zstdCompressSync(bytes, { params: ZSTD, chunkSize: Math.max(16 * 1024, Math.ceil(bytes.length * 0.4)) }),
    memory: () => process.memoryUsage.rss(),
  };
}

/** One JSON object a line in the Elastic Common Schema's names, as the other tiers write it. */
export function consoleLog(level: LogLevel, message: string, facts: Record<string, unknown> = {}): void {
  const line = {
    '@timestamp': new Date().toISOString(),
    'log.level': level,
    message,
    'service.name': 'collector',
    ...facts,
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
