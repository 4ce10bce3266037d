import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DenyList } from '../../lib/certificates/deny-list.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deny-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a list that is gone or cannot be read keeps out whom it kept out, says so once, and is read again', () => {
  const file = join(directory, 'revoked.txt');
  const told: string[] = [];
  const list = new DenyList(file, (trouble) => told.push(trouble));
  expect([...list.serials()]).toEqual([]);
  writeFileSync(file, '0A1b # lost laptop\n');
  expect([...list.serials()]).toEqual(['a1b']);
  rmSync(file);
  expect([...list.serials()]).toEqual(['a1b']);
  mkdirSync(file);
  expect([...list.serials()]).toEqual(['a1b']);
  expect(list.trouble).toContain('EISDIR');
  expect(told).toHaveLength(1);
  rmSync(file, { recursive: true });
  writeFileSync(file, '# nobody\n');
  expect([...list.serials()]).toEqual([]);
  expect(list.trouble).toBeNull();
});

test('one that cannot be read at the start is an error: whom to keep out is not known', () => {
  expect(() => new DenyList(directory, () => undefined)).toThrow(expect.objectContaining({ code: 'HG_CERT_FILE' }));
});
