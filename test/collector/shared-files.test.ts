import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DesiredLevels } from '../../collector/core/logs/desired-levels.ts';
import { offerLevelFile } from '../../collector/node/levels/level-file.ts';
import { offerLevelSocket } from '../../collector/node/levels/level-socket.ts';
import { runtimeFolder } from '../../collector/node/runtime-folder.ts';
import { listenAtSocket } from '../../collector/node/unix-socket.ts';
import { quietHost } from '../support/collector.ts';

let folder: string;
let before: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shared-'));
  // The unit's.
  before = process.umask(0o077);
});
afterEach(() => {
  process.umask(before);
  rmSync(folder, { recursive: true, force: true });
});
const mode = (...path: string[]): string => (statSync(join(folder, ...path)).mode & 0o777).toString(8);

it("under the service's umask the file of levels is for every user, and so is its folder", () => {
  const host = quietHost();
  const end = offerLevelFile(host, join(folder, 'a/b/levels.json'), new DesiredLevels(host), []);
  expect([mode('a'), mode('a/b'), mode('a/b/levels.json')]).toEqual(['755', '755', '644']);
  end();
});

it('sockets too, each with its own mode; a folder that was there stays as it was', async () => {
  const host = quietHost();
  const end = await offerLevelSocket(host, join(folder, 'new/levels.sock'), new DesiredLevels(host));
  expect([mode('new'), mode('new/levels.sock')]).toEqual(['755', '666']);
  mkdirSync(join(folder, 'mine'), { mode: 0o700 });
  const server = createServer();
  await listenAtSocket(server, join(folder, 'mine/statsd.sock'), 0o660);
  expect([mode('mine'), mode('mine/statsd.sock')]).toEqual(['700', '660']);
  await end();
  server.close();
  await once(server, 'close');
});

it('of several runtime folders the own one is taken, in whatever order systemd has them', () => {
  expect(runtimeFolder('/run/heliograph:/run/heliograph-collector')).toBe('/run/heliograph-collector');
  expect(runtimeFolder('/run/heliograph-collector:/run/heliograph')).toBe('/run/heliograph-collector');
  expect(runtimeFolder('/run/a:/run/b')).toBe('/run/a');
  expect(runtimeFolder('')).toBeUndefined();
  expect(runtimeFolder(undefined)).toBeUndefined();
});

it("procd's script makes both folders, the shared one open to all", () => {
  const script = readFileSync(join(import.meta.dirname, '../../deploy/collector/heliograph-collector.init'), 'utf8')
    .replaceAll('/var/run', join(folder, 'run'))
    .replaceAll('/etc/heliograph-collector', folder)
    .replaceAll('@STATE@', join(folder, 'state'))
    .replaceAll('@NODE@', process.execPath)
    .replaceAll(/@[A-Z]+@/g, 'x');
  writeFileSync(join(folder, 'collector.pem'), '');
  const stubs = ['chown', 'procd_open_instance', 'procd_set_param', 'procd_close_instance'].map(
    (name) => `${name}() { :; }`,
  );
  writeFileSync(join(folder, 'script'), `${stubs.join('\n')}\n${script}\nstart_service\n`);
  execFileSync('sh', [join(folder, 'script')]);
  expect([mode('run/heliograph-collector'), mode('state'), mode('run/heliograph')]).toEqual(['750', '750', '755']);
});
