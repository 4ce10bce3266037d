import { encodeRecord } from '../../core/indexer/record.ts';
import type { BusRecord } from '../../core/ports/bus.ts';
import { TestHost } from '../../test/support/core/host.ts';
import { variedLines } from '../collector/varied-lines.ts';
import { LINE_BYTES } from '../log-lines.ts';

const HOSTS = 200;
/** Lines of a frame: half a second of a busy host. */
const LINES_A_FRAME = 500;
const LEVELS = ['info', 'info', 'info', 'debug', 'warning', 'error', 'info', 'info'];

/** Log lines as they stand on the bus: frames of many hosts, compressed as collectors do it. */
export function recordsOf(count: number): BusRecord[] {
  const bytes = Buffer.from(variedLines(0, count));
  const start = Date.now() - 60_000;
  const hosts = Array.from({ length: HOSTS }, (_, i) => new TestHost(`host-${i}`));
  return Array.from({ length: count / LINES_A_FRAME }, (_, i) => {
    const host = hosts[i % HOSTS]!;
    const lines = Array.from({ length: LINES_A_FRAME }, (_, at) => {
      const n = i * LINES_A_FRAME + at;
      return {
        time: start + n / 10,
        level: LEVELS[n % LEVELS.length]!,
        service: `service-${host.name.length + (i % 20)}`,
        message: bytes.toString('utf8', n * LINE_BYTES, (n + 1) * LINE_BYTES - 1),
        fields: { 'log.file.path': `/var/log/app-${i % 20}/current.log` },
      };
    });
    const value = encodeRecord({ relay: 'north', site: 'north', lane: 'live', ...host.lines('log', lines) });
    return { key: host.name, value };
  });
}
