import { expect, test } from 'vitest';
import { z } from 'zod';
import { address, byteSize, duration, parseDuration } from '../../lib/config/duration.ts';
import { loadConfig, parseConfig } from '../../lib/config/load.ts';

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
