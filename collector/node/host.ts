import { createHash, randomFillSync } from 'node:crypto';
import { hostname } from 'node:os';
import { crc32, zstdDecompressSync } from 'node:zlib';
import { systemClock } from '../../lib/clock.ts';
import { compressLines } from '../../lib/log-lines/compress.ts';
import type { Host, LogLevel } from '../core/host.ts';
import { nodeFiles } from './files.ts';
import { SOFTWARE_VERSION } from './version.ts';

/** What a caller may put in the place of the machine's own: a test its clock and randomness, the command line its log. */
export type NodeHostOverrides = Partial<
  Pick<Host, 'files' | 'now' | 'mono' | 'random' | 'log' | 'timer' | 'cancel'>
> & {
  readonly version?: string;
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
      version: overrides.version ?? SOFTWARE_VERSION,
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
    compress: compressLines,
    unpackZstd: (bytes, most) => {
      try {
        return zstdDecompressSync(bytes, { maxOutputLength: most });
      } catch {
        return null;
      }
    },
    memory: () => process.memoryUsage.rss(),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
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
