import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configPage } from '../../cli/config-page.ts';

test('docs/configuration.md is what the schemas say; "npm run docs" makes it anew', () => {
  expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configPage());
});

test('every key and every section has words', () => {
  const wordless = configPage()
    .split('\n')
    .filter((line) => line.startsWith('| ') && /\|\s*\|$/.test(line));
  expect(
    wordless,
    'write a docstring above the key; where its schema is in a file of its own, name that in SECTIONS',
  ).toEqual([]);
});

test('a section stands before its keys, with what is to be known of it', () => {
  const page = configPage();
  expect(page).toContain('| `websocket` | section |  | MQTT over WebSocket');
  expect(page).toContain(
    '| `processes.groups` | list of sections | **required** | Which processes are counted together',
  );
  expect(page.indexOf('| `websocket` |')).toBeLessThan(page.indexOf('| `websocket.listen` |'));
});

test('a map that may stand in the place of a text has its keys there, too', () => {
  const page = configPage();
  expect(page).toContain('| `relays[].weight` | number | `1` | How many of the hosts');
  expect(page).toContain('| `logs[].multiline.wait` | string | `"1s"` | A record waits so long');
});

test('keys inside lists and maps are there, with defaults, and the words of the source', () => {
  const page = configPage();
  expect(page).toContain(
    '| `relays` | list of strings or maps | **required** | Each an address, or {address, weight, tier}: relay.example:8883, or wss://relay.example/mqtt',
  );
  expect(page).toContain('| `interval` | string | `"10s"` |');
  expect(page).toContain('`logs[].paths`');
  expect(page).toContain('| `tls.revoked` | string |  | Deny list');
});
