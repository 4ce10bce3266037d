import { describe, expect, it } from 'vitest';
import { Pages } from '../../../collector/core/sampling/pages.ts';
import { SeriesTable } from '../../../collector/core/sampling/series-table.ts';
import { quietHost } from '../../support/collector.ts';

const STALE = '0200000000f07f';

function make(limit = 1000) {
  const capped: string[] = [];
  const table = new SeriesTable({
    labels: { job: 'node' },
    limit,
    onCapped: (metric) => capped.push(metric),
    rules: null,
  });
  const retired: string[] = [];
  const pages = new Pages(quietHost(), table, 4, (page) => retired.push(page.hash));
  /** One collection of series a{n="..."}; gives the hex of each row's values by series. */
  const collect = (values: Readonly<Record<string, number>>): Record<string, string> => {
    for (const page of pages.pages) page.clear();
    table.begin();
    for (const [n, value] of Object.entries(values)) table.add('a', ['n', n], value);
    const fresh = table.takeFresh();
    if (fresh.length > 0) pages.place(fresh);
    const row: Record<string, string> = {};
    for (const page of pages.pages) {
      page.addRow(table.tick, 1000 + table.tick);
      page.slots.forEach((slot, i) => {
        if (page.present !== null && page.present[i] === 0) return;
        const bytes = new Uint8Array(page.values.buffer, page.values.byteOffset + i * 8, 8);
        row[slot.series.labels.find(([label]) => label === 'n')![1]] = Buffer.from(bytes).toString('hex');
      });
    }
    return row;
  };
  return { table, pages, capped, retired, collect };
}

const many = (count: number, from = 0): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${from + i}`, i]));

describe('pages', () => {
  it('keep a series in its place, and mark its end once with the bits of a stale sample', () => {
    const { collect, pages } = make();
    collect({ x: 1, y: 2 });
    const hash = pages.pages[0]!.hash;
    expect(collect({ x: 1 }).y).toBe(`${STALE.slice(0, 2)}00000000${STALE.slice(-6)}`);
    expect(collect({ x: 1 })).not.toHaveProperty('y');
    expect(collect({ x: 1, y: 3 }).y).toBe('0000000000000840');
    expect(pages.pages[0]!.hash).toBe(hash);
  });

  it('renew one page and not all when a series comes', () => {
    const { collect, pages, retired } = make();
    collect(many(600));
    expect(pages.pages.map((page) => page.size)).toEqual([200, 200, 200]);
    const before = pages.pages.map((page) => page.hash);
    collect(many(601));
    collect(many(602));
    expect(pages.pages.slice(0, 3).map((page) => page.hash)).toEqual(before);
    expect(pages.pages[3]!.size).toBe(2);
    expect(retired.length).toBe(1);
  });

  it('refuse series above the cap, count them by metric, and take them when there is room', () => {
    const { collect, pages, table, capped } = make(300);
    collect(many(310));
    expect(table.size).toBe(300);
    expect(capped).toEqual(Array.from({ length: 10 }, () => 'a'));
    expect(pages.pages.reduce((sum, page) => sum + page.size, 0)).toBe(300);
    for (let i = 0; i < 3; i++) collect(many(200));
    for (const page of pages.pages) page.clear();
    pages.shed((slot) => slot.tick < table.tick, true);
    expect(table.size).toBe(200);
    expect(Object.keys(collect(many(250))).length).toBe(250);
  });

  it('leave out a series that cannot be sent, and send the others', () => {
    const { collect } = make();
    const row = collect({ ok: 1, ['x'.repeat(5000)]: 2, fine: 3 });
    expect(Object.keys(row).sort()).toEqual(['fine', 'ok']);
  });

  it('rename labels that a host must not choose', () => {
    const { table, pages } = make();
    table.begin();
    table.add('a', ['instance', 'x', 'job', 'own'], 1);
    pages.place(table.takeFresh());
    expect(pages.pages[0]!.slots[0]!.series.labels).toEqual([
      ['exported_instance', 'x'],
      ['job', 'own'],
    ]);
  });
});
