import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { coreConfig } from '../../core/config.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { runCli } from '../support/run-cli.ts';

let folder: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-parse-'));
  config = configFile('core.yaml', [
    '  catalogue: CATALOGUE',
    '  services:',
    '    - {name: shop, service: shop, parse: json}',
    "    - {name: files, file: '/var/log/*', parse: logfmt}",
    '  filters:',
    '    - {name: quiet, where: [{field: quiet, exists: true}]}',
  ]);
  writeFileSync(join(folder, 'services.yaml'), 'services: {shop: {team: payments}}\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A core's configuration with these lines below `indexer`. */
function configFile(name: string, indexer: readonly string[]): string {
  const file = join(folder, name);
  const head = ['dataDir: data', 'tls: {ca: ca.pem, cert: cert.pem, key: key.pem}', 'indexer:'];
  writeFileSync(file, [...head, ...indexer].join('\n').replace('CATALOGUE', join(folder, 'services.yaml')));
  return file;
}

function parse(input: string, ...args: string[]) {
  return runCli(['logs', 'parse', '--config', config, ...args], 'heliograph.ts', input);
}

test('each line before and after, and what became of it', async () => {
  const { code, out, err } = await parse(
    '{"level":"warn","msg":"hi \\u001b[31m","quiet":1}\nplain \x1b[2J\n',
    '--service',
    'shop',
  );
  expect(code).toBe(0);
  expect(out).toContain('rule shop, dropped by filter quiet');
  expect(out).toMatch(/log\.level +warning/);
  expect(out).toMatch(/service\.team +payments/);
  expect(out).toContain('rule shop: not_json');
  // What stands in a line does not command the terminal.
  expect(out).not.toContain('\x1b');
  expect(err).toContain('2 lines: 1 parsed, 1 not parsed, 0 without a rule; 1 would be dropped by filters');
});

test('--json is one object a line; --file chooses rules by file', async () => {
  const input = 'level=error msg="a b" n=1\n';
  const { out } = await parse(input, '--service', 'other', '--file', '/var/log/x.log', '--host', 'web-9', '--json');
  expect(JSON.parse(out)).toEqual({
    before: input.trim(),
    after: {
      '@timestamp': expect.stringMatching(/^\d{4}-/),
      message: 'a b',
      'log.level': 'error',
      'service.name': 'other',
      fields: { 'log.file.path': '/var/log/x.log', n: '1', 'event.original': input.trim() },
    },
    rule: 'files',
    parseError: null,
    filter: null,
  });
  const none = await parse('x\n', '--service', 'other', '--json');
  expect(JSON.parse(none.out)).toMatchObject({ rule: null, after: { message: 'x' } });
});

test('a wrong word is pointed at', async () => {
  const { code, err } = await runCli(['logs', 'parse', '--service', 'x'], 'heliograph.ts', '');
  expect(code).not.toBe(0);
  expect(err).toContain("required option '--config <file>'");
});

test('what the pipeline cannot use is refused with file, line, value and fix', () => {
  const f = (indexer: readonly string[], ...wanted: string[]) => {
    const file = configFile('bad.yaml', indexer);
    let said = 'nothing';
    try {
      loadConfig(file, coreConfig);
    } catch (error) {
      said = String(error);
    }
    for (const one of wanted) expect(said).toContain(one.replace(/^FILE/, file));
  };
  f(
    [
      '  services:',
      '    - {name: a, parse: grok, pattern: "%{COMBINEDAPACHLOG}"}',
      '    - {name: b, parse: regex, pattern: "(?P<x>a"}',
      '    - {name: c, parse: json, time: {zone: Europe/Berln}}',
      '    - {name: d, parse: regex}',
    ],
    'FILE:5:39: "indexer.services.0.pattern" is "%{COMBINEDAPACHLOG}"; there is no grok pattern COMBINEDAPACHLOG (in %{COMBINEDAPACHLOG}); did you mean %{COMBINEDAPACHELOG}?',
    'FILE:6:40: "indexer.services.1.pattern" is "(?P<x>a"; mend the expression: error parsing regexp: missing closing )',
    '"indexer.services.2.time.zone" is "Europe/Berln"; write a zone such as Europe/Berlin, UTC or +02:00',
    '"indexer.services.3.pattern" is missing; add an expression',
  );
  f(
    ['  services:', '    - {name: a, parse: json}', '    - {name: a, parse: logfmt}'],
    'FILE:6:14: "indexer.services.1.name" is "a"; give it another name: rule 1 is called "a" already',
  );
  f(
    ['  filters:', '    - {name: outside-production, below: info}'],
    '"indexer.filters.0.name" is "outside-production"; choose another name',
  );
  f(
    ['  filters:', '    - {name: b, where: [{field: x, equals: a, glob: b}]}'],
    '"indexer.filters.0.where.0" is a map with field, equals, glob; write exactly one of equals, glob, regex and exists',
  );
  f(
    ['  services:', '    - {parse: json, fields: {h: host.name}}'],
    'FILE:5:33: "indexer.services.0.fields.h" is "host.name"; choose another name: host.name says where a line came from',
  );
  f(['  filters:', '    - {name: all}'], '"indexer.filters.0.where" is missing; add where or below');
});

test('check-config looks at the files as well', async () => {
  const f = async (indexer: string, wanted: string) => {
    const { code, err } = await runCli(['check-config', configFile('bad.yaml', [indexer]), '--tier', 'core']);
    expect(code).toBe(1);
    expect(err).toContain(`HG_PIPELINE_FILE: A file that the log pipeline needs cannot be used: ${wanted}`);
  };
  await f('  catalogue: /nowhere/services.yaml', '/nowhere/services.yaml: there is no such file; write the file');
  await f('  geoip: {database: /nowhere/x.mmdb}', '/nowhere/x.mmdb: there is no such file; put a MaxMind database');
});
