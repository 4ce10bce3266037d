import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlockEntry } from '../../proto/block.ts';
import { TestCore } from '../support/core/core.ts';
import { type TestDefinition, TestHost } from '../support/core/host.ts';
import type { TestRelay } from '../support/core/relay.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

let core: TestCore;
let relay: TestRelay;
let page: TestDefinition;
let frame: BlockEntry;

const run = (...args: string[]) => runCli(['deadletters', ...args, '--core', core.url('/').href]);
const ids = async (...args: string[]) => {
  const { out } = await run('ls', '--json', ...args);
  return (JSON.parse(out) as { letters: { id: string }[] }).letters.map(({ id }) => id);
};

beforeAll(async () => {
  core = await (await TestCore.make()).start({ limits: { definitionWait: '200ms' } });
  relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-1');
  const defined = host.page([{ name: 'lost' }]);
  page = defined;
  frame = host.metrics(defined, [[Date.now(), [1]]]);
  await relay.deliver('metric', [frame]);
  const other = new TestHost('web-2');
  // An honest envelope, and nothing sensible in it.
  const body = Buffer.concat([Buffer.from([0x83, 0x00, 0x18, 0x64, 0x58, 0x64]), Buffer.alloc(100, 0xff)]);
  await relay.deliver('log', [other.broken('log', 'logs', 3, body), other.broken('log', 'logs', 3, body)]);
  await until('the letters', async () => (await ids()).length === 3);
});
afterAll(() => core.remove());

test('ls: each with its reason, sums, filters, and JSON', async () => {
  const { code, out } = await run('ls');
  expect(code).toBe(0);
  expect(out).toMatch(/^ID +AGE +CLASS/m);
  expect(out).toMatch(/frame-[0-9a-f]{32} .* metric +web-1 .* unknown_definition +HG_FRAME_DEFINITION/);
  expect(out).toContain('2 frames of class log');
  expect(await ids('--host', 'web-2')).toHaveLength(2);
  expect(await ids('--reason', 'unknown_definition', '--since', '1h')).toHaveLength(1);
  expect((await run('ls', '--older-than', '1h')).out).toBe('no dead letters\n');
  expect((await run('ls', '--kind', 'letter')).code).toBe(1);
});

test('show: why, and the bytes in hex or as a file', async () => {
  const [id] = await ids('--host', 'web-1');
  const file = join(core.directory, 'frame.bin');
  const { out } = await run('show', id!);
  expect(out).toMatch(/^why +unknown_definition: HG_FRAME_DEFINITION/m);
  expect(out).toMatch(/^00000000 {2}([0-9a-f]{2} ){15}[0-9a-f]{2} {2}.{16}$/m);
  expect((await run('show', id!, '--out', file)).code).toBe(0);
  expect(readFileSync(file).equals(Buffer.from(frame.frame))).toBe(true);
  const missing = await run('show', `frame-${'0'.repeat(32)}`);
  expect(missing.code).toBe(1);
  expect(missing.err).toContain('there is no dead letter');
});

test('replay: 1 while something stays, 0 when all was taken; which ones must be said', async () => {
  const unsaid = await run('replay');
  expect(unsaid.code).toBe(1);
  expect(unsaid.err).toContain('--all');
  const first = await run('replay', '--host', 'web-1');
  expect(first.code).toBe(1);
  expect(first.out).toContain('0 dead letters taken, 1 failed again');
  relay.define('web-1', page);
  const [id] = await ids('--host', 'web-1');
  const second = await run('replay', id!);
  expect(second).toMatchObject({ code: 0, out: '1 dead letter taken, 0 failed again\n' });
  expect(await ids('--host', 'web-1')).toEqual([]);
});

test('purge: asks where it can, wants --yes where it cannot, and says what it would do', async () => {
  const dry = await run('purge', '--host', 'web-2', '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: expect.stringMatching(/^2 dead letters with .* would be deleted$/m) });
  const unasked = await run('purge', '--host', 'web-2');
  expect(unasked.code).toBe(1);
  expect(unasked.err).toContain('--yes');
  expect(await ids()).toHaveLength(2);
  const [id] = await ids();
  expect((await run('purge', id!, '--yes')).out).toMatch(/^1 dead letter with .* deleted$/m);
  const rest = await run('purge', '--all', '--yes', '--json');
  expect(JSON.parse(rest.out)).toMatchObject({ letters: 1, dryRun: false });
  expect((await run('purge', '--all', '--yes')).out).toBe('no dead letter fits\n');
});
