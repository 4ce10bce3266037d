import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';
import { TicketKeys, ticketKeyFile } from '../../relay/ticket-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'ticket-keys-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file that could not be written is written as soon as it can be, with the same keys; failures are counted and told once', () => {
  const path = ticketKeyFile(folder);
  // No file can be made where a folder is.
  mkdirSync(`${path}.new`);
  const metrics = new Registry();
  const told: string[] = [];
  const log = { ...silentLog, error: (message: string) => void told.push(message) };
  const ca = Buffer.from('authority');
  const keys = new TicketKeys({ path, ca, now: () => 1_790_000_000_000, log, metrics });
  const { current } = keys;
  expect(keys.renew(ca)).toBe(false);
  expect(metrics.render()).toContain('heliograph_relay_ticket_key_write_failures_total 2\n');
  expect(told).toEqual([expect.stringContaining('the ticket keys cannot be written')]);

  rmdirSync(`${path}.new`);
  expect(keys.renew(ca)).toBe(false);
  const written = JSON.parse(readFileSync(path, 'utf8')) as { keys: { key: string }[] };
  expect(written.keys.map(({ key }) => key)).toEqual([current.toString('base64')]);
  expect(metrics.render()).toContain('heliograph_relay_ticket_key_write_failures_total 2\n');
});
