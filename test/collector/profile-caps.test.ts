import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleCollector } from '../../collector/node/bundle.ts';
import { readReport } from '../../collector/node/own-report.ts';
import { loadProfile } from '../../collector/node/profile/load.ts';
import { nodeFlags, SMALL_ENVIRONMENT } from '../../collector/node/small-process.ts';
import { createStation, type Station } from '../support/collector.ts';
import { until } from '../support/until.ts';

const MIB = 2 ** 20;
const LINES = 120_000;

let folder: string;
let main: string;
let station: Station;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-caps-'));
  ({ main } = await bundleCollector(join(folder, 'bundle')));
  station = await createStation();
});
afterAll(() => {
  station?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Of the kernel's account of a process. */
function account(pid: number, file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))![1]);
}

test.runIf(process.platform === 'linux').each(['raspberry-pi', 'server-x86_64'])(
  '%s: a backlog of lines with no relay stays under the cap of memory, and memory first spares the flash',
  async (name) => {
    const { caps, compilers, defaults } = loadProfile(name);
    const here = mkdtempSync(join(folder, `${name}-`));
    const log = join(here, 'app.log');
    const line = (i: number) =>
      `2026-11-29T10:00:00Z INFO request ${i} of a client took ${(i * 7919) % 1000} ms id=${(i * 2654435761) % 2 ** 32}\n`;
    const text = Array.from({ length: LINES }, (_, i) => line(i)).join('');
    writeFileSync(log, text);
    const config = join(here, 'collector.yaml');
    const { host } = station;
    const tls = { ca: host.ca, cert: host.cert, key: host.key };
    writeFileSync(
      config,
      JSON.stringify({
        profile: name,
        relays: ['127.0.0.1:9'],
        tls,
        dataDir: join(here, 'data'),
        logs: [{ paths: [log] }],
      }),
    );
    const child = spawn(process.execPath, [...nodeFlags(caps.heap / MIB, compilers), main, config], {
      env: { ...process.env, ...SMALL_ENVIRONMENT, RUNTIME_DIRECTORY: here },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    try {
      await until('it runs', () => readReport(here) !== null || child.exitCode !== null);
      const pid = child.pid!;
      await until('the backlog is read', () => account(pid, 'io', 'rchar') > text.length, { withinMs: 40_000 });
      const most = account(pid, 'status', 'VmHWM') * 1024;
      expect(most, said).toBeLessThan(caps.memory);
      // All of the pages of Node and what lives: less, and nothing was measured.
      expect(most).toBeGreaterThan(30 * MIB);
      const spooled = account(pid, 'io', 'write_bytes');
      // What a segment holds waits in memory; a spool on disk has most of it by now.
      if ((defaults.spool as { mode: string }).mode === 'memory') expect(spooled).toBeLessThan(MIB);
      expect(readReport(here)).toMatchObject({ profile: name, pid, connected: false });
      child.kill('SIGTERM');
      await until('it ends in good order', () => child.exitCode !== null);
      expect(child.exitCode, said).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
