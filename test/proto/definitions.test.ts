import { describe, expect, it } from 'vitest';
import { decodeBase, encodeBase } from '../../proto/base.ts';
import { CborWriter } from '../../proto/cbor-writer.ts';
import { bootCounter, hashBytes, hashOf, hashText, hex, makeBoot } from '../../proto/hash.ts';
import { decodeDefinition, encodePage, type PageSeries, sortSeries } from '../../proto/page.ts';
import { bitsOf, putBits } from './doubles.ts';
import { PAGE, PAGE_HASH, SERIES, sha256 } from './samples.ts';

describe('definitions', () => {
  it('carry a page of series', () => {
    expect(decodeDefinition(PAGE)).toEqual({ kind: 'page', series: SERIES });
    expect(hashText(hashBytes(PAGE_HASH))).toBe(PAGE_HASH);
    expect(PAGE_HASH).toBe(hex(sha256(PAGE)).slice(0, 32));
  });

  it('are the same bytes for the same series in any order', () => {
    expect(encodePage(sortSeries([...SERIES].reverse()))).toEqual(PAGE);
  });

  it('carry a base row bit for bit', () => {
    const values = Float64Array.of(1.5, -0, Number.NaN, 2 ** 60, 0.1 + 0.2, 7);
    putBits(values, 5, 0x7ff00000, 2);
    const definition = decodeDefinition(encodeBase(PAGE_HASH, values, 6));
    if (definition.kind !== 'base') return expect.fail('a base wanted');
    expect(definition.page).toBe(PAGE_HASH);
    expect(bitsOf(decodeBase(definition.columns, 6))).toEqual(bitsOf(values));
  });

  it('refuse reserved, unsorted, repeated and nameless things, in writing and in reading', () => {
    const one = (name: string, ...labels: [string, string][]): PageSeries => ({ name, labels });
    const bad: PageSeries[][] = [
      [one('a', ['instance', 'x'])],
      [one('a', ['site', 'x'])],
      [one('a', ['__name__', 'x'])],
      [one('a', ['z', '1'], ['b', '2'])],
      [one('a', ['b', '1'], ['b', '2'])],
      [one('')],
      [one('a', ['', 'x'])],
      [one('b'), one('a')],
      [one('a'), one('a')],
    ];
    for (const series of bad) {
      expect(() => encodePage(series)).toThrow('HG_WIRE_LABEL');
      const writer = new CborWriter().array(4).uint(1).uint(0).null().array(series.length);
      for (const { name, labels } of series) {
        writer.array(1 + labels.length * 2).text(name);
        for (const [key, value] of labels) writer.text(key).text(value);
      }
      expect(() => decodeDefinition(writer.take())).toThrow('HG_WIRE_LABEL');
    }
  });

  it('refuse more than 256 series, none, and kinds that are not known', () => {
    const many = Array.from({ length: 257 }, (_, i) => ({ name: `s${String(i).padStart(3, '0')}`, labels: [] }));
    expect(() => encodePage(many)).toThrow('HG_WIRE_LIMIT');
    expect(() => encodePage([])).toThrow('HG_WIRE_VALUE');
    expect(() => decodeDefinition(new CborWriter().array(4).uint(1).uint(0).null().array(0).take())).toThrow(
      'HG_WIRE_MALFORMED',
    );
    const sketch = new CborWriter().array(4).uint(1).uint(0).bytes(Uint8Array.of(1)).array(1).array(1).text('a').take();
    expect(() => decodeDefinition(sketch)).toThrow('HG_WIRE_MALFORMED');
    const later = PAGE.slice();
    later[1] = 2;
    expect(() => decodeDefinition(later)).toThrow('HG_WIRE_VERSION');
    expect(hashOf(later, sha256)).not.toBe(PAGE_HASH);
  });

  it('boots hold their counter', () => {
    const boot = makeBoot(4_000_000_000, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(boot).toBe('ee6b28000102030405060708');
    expect(bootCounter(boot)).toBe(4_000_000_000);
  });
});
