import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-mask-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what would be masked is shown line by line, by the default kinds or those of a configuration', async () => {
  const log = join(folder, 'shop.log');
  const config = join(folder, 'collector.yaml');
  writeFileSync(
    log,
    'INFO begin\nINFO ann@example.org paid with 4111 1111 1111 1111\nINFO from 10.0.0.7, customer C123456\n',
  );
  const byDefault = await runCli(['collector', 'mask', '--test', log]);
  expect(byDefault).toMatchObject({ code: 0 });
  expect(byDefault.out).toBe(`2: INFO ${'*'.repeat(15)} paid with **** **** **** ****\n   card, email\n`);
  expect(byDefault.err).toContain('3 lines, 1 with something to mask: card 1, email 1');

  writeFileSync(config, 'mask:\n  kinds: [ip]\n  rules:\n    - {name: customer, regex: "customer (C[0-9]+)"}\n');
  const own = await runCli(['collector', 'mask', '--test', log, '--rules', config, '--json']);
  expect(
    own.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([{ line: 3, masked: { ip: 1, customer: 1 }, text: 'INFO from ********, customer *******' }]);
});

test('a bad expression, a taken name and a missing key are told with file, line and fix', async () => {
  const config = join(folder, 'collector.yaml');
  const refused = async (text: string) => {
    writeFileSync(config, text);
    const { code, err } = await runCli(['collector', 'mask', '--test', config, '--rules', config]);
    expect(code).not.toBe(0);
    return err;
  };
  expect(await refused('mask:\n  rules:\n    - {name: a, regex: "(?=x)"}\n')).toMatch(
    /collector.yaml:3.*is no expression/s,
  );
  expect(await refused('mask:\n  rules:\n    - {name: card, regex: x}\n')).toMatch(/collector.yaml:3.*is taken/s);
  expect(await refused('mask:\n  way: hash\n')).toMatch(/keyFile.*is missing/s);
  writeFileSync(join(folder, 'key'), 'short');
  expect(await refused(`mask: {way: hash, keyFile: ${join(folder, 'key')}}\n`)).toMatch(/5 bytes, 16 at least/);
});
