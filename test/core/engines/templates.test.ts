import { expect, test } from 'vitest';
import type { SeriesGroup } from '../../../core/engines/victoriametrics/series-bytes.ts';
import { PageTemplates, TemplateMemory } from '../../../core/engines/victoriametrics/templates.ts';

/** A group of a page with one series, whose label bytes are so many. */
function groupOf(memory: TemplateMemory, bytes: number, target = 10): SeriesGroup {
  const labels = [new Uint8Array(bytes)];
  const page = { labels, bytes, templates: new PageTemplates(memory) };
  return { page, target: new Uint8Array(target), size: 1, refused: null, columns: [null] };
}
const use = (group: SeriesGroup, instants = 1) => group.page.templates.of(group, instants);

test('a template is made at the second use of a length and a number of instants, and is the same from then on', () => {
  const memory = new TemplateMemory(1 << 20);
  const group = groupOf(memory, 100);
  expect(use(group)).toBeNull();
  expect(memory.bytes).toBe(0);
  const made = use(group);
  expect(made).not.toBeNull();
  expect(use(group)).toBe(made);
  expect(use(group, 2)).toBeNull();
  expect(use(group, 2)).not.toBe(made);
  expect(memory.size).toBe(2);
});

test('more instants than a key has room for are never taken for those of a longer target', () => {
  const memory = new TemplateMemory(1 << 24);
  const { page, ...rest } = groupOf(memory, 10, 1);
  const longer = { page, ...rest, target: new Uint8Array(2) };
  use(longer, 0);
  expect(use(longer, 0)).not.toBeNull();
  const shorter = { page, ...rest, target: new Uint8Array(1) };
  for (let i = 0; i < 3; i++) expect(use(shorter, 65_536)).toBeNull();
});

test('one that is larger than a MiB is not kept', () => {
  const memory = new TemplateMemory(1 << 24);
  const group = groupOf(memory, 1 << 20);
  for (let i = 0; i < 3; i++) expect(use(group)).toBeNull();
  expect(memory.bytes).toBe(0);
});

test('all pages together stay below the limit, and those that come in turns leave each other in place', () => {
  const most = 100_000;
  const memory = new TemplateMemory(most);
  const groups = Array.from({ length: 50 }, () => groupOf(memory, 9_000));
  const turn = () => groups.map((group) => use(group));
  turn();
  const second = turn();
  const kept = second.filter((template) => template !== null);
  expect(kept.length).toBe(10);
  expect(memory.bytes).toBeLessThanOrEqual(most);
  for (let i = 0; i < 3; i++) expect(turn()).toEqual(second);
  expect(memory.size).toBe(10);
});

test('what was used longest ago makes room for what is used twice since', () => {
  const memory = new TemplateMemory(30_000);
  const [a, b, c, d] = Array.from({ length: 4 }, () => groupOf(memory, 9_000)) as [
    SeriesGroup,
    SeriesGroup,
    SeriesGroup,
    SeriesGroup,
  ];
  for (const group of [a, b, c, a, b, c]) use(group);
  const first = use(a);
  expect(use(d)).toBeNull();
  expect(use(d)).not.toBeNull();
  expect(memory.size).toBe(3);
  expect(memory.bytes).toBeLessThanOrEqual(30_000);
  // b was the oldest, and begins anew.
  expect(use(a)).toBe(first);
  expect(use(c)).not.toBeNull();
  expect(use(b)).toBeNull();
});
