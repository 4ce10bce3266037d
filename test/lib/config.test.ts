import { expect, test } from 'vitest';
import { z } from 'zod';
import { collectorConfig } from '../../collector/node/config.ts';
import { address, byteSize, duration, parseDuration } from '../../lib/config/duration.ts';
import { loadConfig, parseConfig } from '../../lib/config/load.ts';
import { shown } from '../../lib/config/shown.ts';

const schema = z.strictObject({
  name: z.string(),
  relay: address(),
  interval: duration().prefault('10s'),
  mode: z.enum(['disk', 'memory']).default('disk'),
  tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
  logs: z.array(z.strictObject({ paths: z.array(z.string()) })).default([]),
  spool: z.strictObject({ bytes: byteSize() }).optional(),
});

/** The message for a text that must be refused. */
const refusal = (text: string): string => {
  try {
    parseConfig('x.yaml', text, schema);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was taken');
};

test('a good file is read, with defaults', () => {
  expect(parseConfig('x.yaml', 'name: a\nrelay: relay.example:8883\nspool: {bytes: 64MiB}', schema)).toEqual({
    name: 'a',
    relay: { host: 'relay.example', port: 8883 },
    interval: 10_000,
    mode: 'disk',
    logs: [],
    spool: { bytes: 64 * 2 ** 20 },
  });
});

test('an unknown key is refused with line, column and the key that was meant', () => {
  const said = refusal('name: a\nrelay: r:1\nintervall: 5s\n');
  expect(said).toContain('HG_CONFIG_KEY');
  expect(said).toContain('x.yaml:3:1: key "intervall" is not known; did you mean "interval"?');
});

test('an unknown key inside a list of the file is found there', () => {
  expect(refusal('name: a\nrelay: r:1\nlogs:\n  - paths: [a]\n    path: b\n')).toContain(
    'x.yaml:5:5: key "logs.0.path" is not known; did you mean "paths"?',
  );
});

test('a wrong type, a wrong word and a missing key are told together, each with its value and fix', () => {
  const said = refusal('name: 7\nmode: disc\ntls:\n  cert: c\n');
  expect(said).toContain('HG_CONFIG_VALUE');
  expect(said).toContain('x.yaml:1:7: "name" is 7; write a value of type string');
  expect(said).toContain('"mode" is "disc"; write one of: disk, memory');
  expect(said).toContain('"relay" is missing; add a value of type string');
  expect(said).toContain('"tls.key" is missing; add a value of type string');
});

test('a duration, a size and an address that are none say what one looks like', () => {
  expect(refusal('name: a\nrelay: nowhere\n')).toContain('"relay" is "nowhere"; write an address such as');
  expect(refusal('name: a\nrelay: r:1\ninterval: 5 parsecs\n')).toContain('write a duration such as');
  expect(refusal('name: a\nrelay: r:1\nspool: {bytes: 5}\n')).toContain('"spool.bytes" is 5');
  expect(parseDuration('1m30s')).toBe(90_000);
});

test('broken YAML names the place; a key twice, an empty file and a missing file are refused too', () => {
  expect(refusal('name: [a\n')).toMatch(/HG_CONFIG_SYNTAX.*x\.yaml:\d+:\d+/s);
  expect(refusal('name: a\nname: b\n')).toContain('HG_CONFIG_SYNTAX');
  expect(refusal('')).toContain('"name" is missing');
  expect(() => loadConfig('/nonexistent/x.yaml', schema)).toThrow(/HG_CONFIG_FILE.*no such file/);
});

test.each([
  'proxy: htp://user:S3CRET@p:3128',
  'proxy: user:S3CRET@p:3128',
  'proxy: S3CRET@p',
  'applications: { scrape: [ { job: a, targets: ["http://u:S3CRET@h:1/metrics"] } ] }',
  'applications: { scrape: [ { job: a, targets: ["h:1"], headers: { Authorization: [Bearer S3CRET] } } ] }',
  'applications: { scrape: [ { job: a, targets: ["h:1"], headers: { X-Key: [S3CRET] } } ] }',
  'applications: { scrape: [ { job: a, targets: ["h:1"], headers: [S3CRET] } ] }',
  'snmp: { credentials: { a: { version: "2c", comunity: S3CRET } } }',
  'snmp: { credentials: { a: { version: "2c", community: [S3CRET] } } }',
  'snmp: { credentials: { a: { version: "2c", community: { x: S3CRET } } } }',
  'snmp: { credentials: { a: S3CRET } }',
  'snmp: { credentials: [{ community: S3CRET }] }',
  'snmp: { credentials: { a: { version: "3", user: u, auth: { protocol: sha, password: [S3CRET] } } } }',
  'snmp: { credentials: { a: { version: "3", user: u, auth: S3CRET } } }',
])('an error says nothing of secrets: %s', (more) => {
  const text = `relays: [r:8883]\ntls: {ca: a, cert: b, key: c}\ndataDir: /x\n${more}\n`;
  const failure = (() => {
    try {
      parseConfig('c.yaml', text, collectorConfig);
    } catch (error) {
      return error as Error & { facts: unknown };
    }
    throw new Error('was taken');
  })();
  expect(failure.message).toContain('c.yaml:4:');
  expect(failure.message).not.toContain('S3CRET');
  expect(JSON.stringify(failure.facts)).not.toContain('S3CRET');
});

test('of a value an error shows what helps to find it', () => {
  expect(shown(['proxy'], 'htp://u:p@ss:/w@proxy:3128')).toBe('"htp://***@proxy:3128"');
  expect(shown(['url'], 'https://h/?a=1&api_key=x&b=2')).toBe('"https://h/?a=1&api_key=***&b=2"');
  expect(shown(['unit'], 'user@1000.service')).toBe('"user@1000.service"');
  expect(shown(['relays', 0], 'nowhere')).toBe('"nowhere"');
  expect(shown(['passwordFile'], 7)).toBe('7');
  expect(shown(['authPasword'], 'x')).toBe('not shown here');
  expect(shown(['a'], { version: 'x', comunity: 'y' })).toBe('a map with version, comunity');
  expect(shown(['a'], ['x'])).toBe('a list of 1');
  expect(shown(['a'], null)).toBe('null');
});
