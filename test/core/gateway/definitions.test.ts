import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Definitions, sha256 } from '../../../core/gateway/definitions.ts';
import { encodePage } from '../../../proto/page.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-definitions-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (memory: number) => new Definitions(directory, memory, 1 << 20, () => undefined);

/** Takes so many pages of one series; gives their hashes. */
function takePages(definitions: Definitions, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const content = encodePage([{ name: `metric_${i}`, labels: [] }]);
    return definitions.take(sha256(content).slice(0, 16), content);
  });
}

test('a save takes some at a time, the next one the others, and the close all that are left', () => {
  const first = open(1 << 20);
  const hashes = takePages(first, 5);
  const found = () => {
    const other = open(1 << 20);
    const known = hashes.filter((hash) => other.page(hash) !== undefined).length;
    other.close();
    return known;
  };
  first.save(2);
  expect(found()).toBe(2);
  first.save(2);
  expect(found()).toBe(4);
  first.close();
  expect(found()).toBe(5);
});

test('what is used again and again stays in memory while others come and go', () => {
  const definitions = open(100_000);
  const [used] = takePages(definitions, 1);
  const others = takePages(definitions, 2_000);
  definitions.save();
  const page = definitions.page(used!);
  for (const other of others) {
    expect(definitions.page(other)?.hash).toBe(other);
    // The same object: it was not read from disk again.
    expect(definitions.page(used!)).toBe(page);
  }
  expect(definitions.figures().memoryBytes).toBeLessThanOrEqual(100_000);
  expect(definitions.figures().known).toBeLessThan(2_000);
  // The others came in their turn, and the oldest of them had to be read.
  expect(definitions.figures().loaded).toBeGreaterThan(500);
  definitions.close();
});
