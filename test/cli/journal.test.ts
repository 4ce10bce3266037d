import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectJournal, type JournalView } from '../../lib/journal/inspect.ts';
import { readOnlyFiles } from '../../lib/read-only-files.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { runCli } from '../support/run-cli.ts';
import { until } from '../support/until.ts';

let fleet: Fleet;
let lines = 0;
beforeAll(async () => {
  fleet = await createFleet({ collectors: 1 });
});
afterAll(() => fleet.close());

function write(count: number): void {
  let text = '';
  for (let i = 0; i < count; i++) text += `INFO line number=${lines++}\n`;
  appendFileSync(join(fleet.logFolder(0), 'app.log'), text);
}

type Listed = JournalView & { owner: { state: string; pid?: number } };

async function ls(folder: string): Promise<Listed[]> {
  const { code, out, err } = await runCli(['journal', 'ls', join(fleet.directory, folder), '--json']);
  expect(err).toBe('');
  expect(code).toBe(0);
  return (JSON.parse(out) as { journals: Listed[] }).journals;
}

/** Frames that a reader has before it, of one class or of all. */
async function queued(folder: string, reader: string, chain?: string, since = 0): Promise<number> {
  const directory = join(fleet.directory, folder);
  const { chains } = await inspectJournal({ directory, files: readOnlyFiles, crc32 });
  return (
    chains
      // What came before may be delivered, and the cursors not say so yet.
      .filter(({ name, newest }) => (!chain || name === chain) && (since === 0 || newest >= since))
      .flatMap(({ readers }) => readers)
      .filter(({ name }) => name === reader)
      .reduce((sum, one) => sum + one.queued.records, 0)
  );
}

const config = (name: string) => join(fleet.directory, `${name}.yaml`);

async function storedNumbers(): Promise<number[]> {
  const text = await (await fetch(new URL('/api/v1/logs/export', fleet.coreUrl))).text();
  // Events of the relay are lines too.
  return [...text.matchAll(/number=(\d+)/g)].map((match) => Number(match[1])).sort((a, b) => a - b);
}

test('ls and verify beside tiers at work', async () => {
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
  write(100);
  await until('lines in the store', async () => (await storedNumbers()).length === 100);
  const all = await ls('.');
  expect(all.map(({ owner }) => owner.pid).sort()).toEqual(
    // Of the core: its bus, and sketches that wait to be merged. Of the relay: frames, and definitions.
    [fleet.core.pid, fleet.core.pid, fleet.relay.pid, fleet.relay.pid, fleet.collectors[0]!.pid].sort(),
  );
  const verified = await runCli(['journal', 'verify', fleet.directory]);
  expect(verified.out).toContain('All of it is sound.');
  expect(verified.code).toBe(0);
  const busy = await runCli(['journal', 'drain', '--config', config('relay-1')]);
  expect(busy).toMatchObject({ code: 1, out: '' });
  expect(busy.err).toContain('HG_JOURNAL_OWNER');
  expect(busy.err).toContain(`process ${fleet.relay.pid}`);
});

test('a relay and a collector are stopped with their journals full; drained, every line is in the store once', {
  timeout: 300_000,
}, async () => {
  await fleet.core.kill();
  let written = Date.now();
  write(100);
  await until('frames in the relay', async () => (await queued('relay/journal', 'forward', 'log', written)) > 0);
  await fleet.relay.kill();
  written = Date.now();
  write(100);
  await until('frames in the collector', async () => (await queued('host-0/spool', 'uplink', 'log', written)) > 0);
  await fleet.collectors[0]!.stop();
  expect((await runCli(['journal', 'verify', fleet.directory])).code).toBe(0);

  const tooSoon = await runCli(['journal', 'drain', '--config', config('relay-1'), '--timeout', '1s', '--json']);
  expect(tooSoon.code).toBe(1);
  expect(JSON.parse(tooSoon.out)).toMatchObject({ empty: false, trouble: expect.stringContaining('core') });

  await fleet.core.start();
  const relay = await runCli(['journal', 'drain', '--config', config('relay-1')]);
  expect(relay.out).toContain('is empty');
  expect(relay.code).toBe(0);
  expect(await queued('relay/journal', 'forward')).toBe(0);

  await fleet.relay.start();
  const collector = await runCli(['journal', 'drain', '--config', config('host-0')]);
  expect(collector.out).toMatch(/log: \d+ frames? delivered, 0 left/);
  expect(collector.code).toBe(0);
  expect(await queued('host-0/spool', 'uplink')).toBe(0);
  await until('all lines in the store', async () => (await storedNumbers()).length >= lines);
  expect(await storedNumbers()).toEqual(Array.from({ length: lines }, (_, number) => number));

  // What was read of the log files is still known: nothing comes twice, and new lines come.
  await fleet.collectors[0]!.start();
  write(10);
  await until('new lines in the store', async () => (await storedNumbers()).length >= lines);
  expect(await storedNumbers()).toEqual(Array.from({ length: lines }, (_, number) => number));
});

test('damage: the file, the offset, exit code 1; a folder without a journal says so', async () => {
  await fleet.relay.stop();
  const folder = join(fleet.directory, 'relay', 'journal', 'log');
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.seg'))!);
  const fd = openSync(file, 'r+');
  writeSync(fd, Uint8Array.of(readFileSync(file)[150]! ^ 1), 0, 1, 150);
  closeSync(fd);
  const { code, out } = await runCli(['journal', 'verify', join(fleet.directory, 'relay')]);
  expect(code).toBe(1);
  expect(out).toContain(`${file} at 64, `);
  expect(out).toContain('damaged');
  const json = await runCli(['journal', 'verify', join(fleet.directory, 'relay'), '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ sound: false });
  const none = await runCli(['journal', 'ls', join(fleet.directory, 'ca')]);
  expect(none).toMatchObject({ code: 1, out: '' });
  expect(none.err).toContain('HG_JOURNAL_NONE');
  const core = await runCli(['journal', 'drain', '--config', config('core-1')]);
  expect(core.err).toContain('this is a core');
});
