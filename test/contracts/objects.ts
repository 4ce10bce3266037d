import { expect, test } from 'vitest';
import type { Objects } from '../../core/ports/objects.ts';

/** What every implementation of Objects must do. `make` opens one that holds nothing yet. */
export function objectsContract(name: string, make: () => Promise<Objects>): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  async function keys(objects: Objects, prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of objects.list(prefix)) found.push(key);
    return found.sort();
  }

  test(`${name}: what was put is got, the last one of a key`, async () => {
    const objects = await make();
    expect(await objects.get('a/b/c')).toBeNull();
    await objects.put('a/b/c', bytes('one'));
    await objects.put('a/b/c', bytes('two'));
    await objects.put('a/b/empty', new Uint8Array(0));
    const large = new Uint8Array(3_000_000).map((_, i) => i * 31);
    await objects.put('large', large);
    expect(await objects.get('a/b/c')).toEqual(bytes('two'));
    expect(await objects.get('a/b/empty')).toEqual(new Uint8Array(0));
    expect(Buffer.compare((await objects.get('large'))!, large)).toBe(0);
    await objects.delete('a/b/c');
    await objects.delete('a/b/c');
    expect(await objects.get('a/b/c')).toBeNull();
  });

  test(`${name}: list gives keys by prefix, with sizes and times`, async () => {
    const objects = await make();
    const before = Date.now();
    for (const key of ['dead/2026/x', 'dead/2026/y', 'dead/2027/x', 'deadly', 'other/ü n'])
      await objects.put(key, bytes(key));
    expect(await keys(objects, '')).toEqual(['dead/2026/x', 'dead/2026/y', 'dead/2027/x', 'deadly', 'other/ü n']);
    expect(await keys(objects, 'dead/')).toEqual(['dead/2026/x', 'dead/2026/y', 'dead/2027/x']);
    expect(await keys(objects, 'dead')).toEqual(['dead/2026/x', 'dead/2026/y', 'dead/2027/x', 'deadly']);
    expect(await keys(objects, 'dead/2026/x')).toEqual(['dead/2026/x']);
    expect(await keys(objects, 'none/at/all')).toEqual([]);
    for await (const { key, bytes: size, modified } of objects.list('dead/')) {
      expect(size).toBe(key.length);
      expect(Math.abs(modified - before)).toBeLessThan(60_000);
    }
  });

  test(`${name}: a key that could lead elsewhere is refused`, async () => {
    const objects = await make();
    const bad = [
      '',
      '/',
      '/etc/passwd',
      'a//b',
      'a/',
      '..',
      'a/../b',
      './a',
      'a/./b',
      'a\\b',
      'a\0b',
      'x'.repeat(2000),
    ];
    for (const key of bad) {
      await expect(objects.put(key, bytes('x')), JSON.stringify(key)).rejects.toMatchObject({ code: 'HG_OBJECT_KEY' });
      await expect(objects.get(key), JSON.stringify(key)).rejects.toMatchObject({ code: 'HG_OBJECT_KEY' });
      await expect(objects.delete(key), JSON.stringify(key)).rejects.toMatchObject({ code: 'HG_OBJECT_KEY' });
    }
    await expect(keys(objects, '../')).rejects.toMatchObject({ code: 'HG_OBJECT_KEY' });
    expect(await keys(objects, '')).toEqual([]);
  });

  test(`${name}: puts side by side do not mix`, async () => {
    const objects = await make();
    const values = Array.from({ length: 20 }, (_, i) => new Uint8Array(50_000).fill(i));
    await Promise.all(values.map((value) => objects.put('same', value)));
    const got = (await objects.get('same'))!;
    expect(got.length).toBe(50_000);
    expect(new Set(got).size).toBe(1);
    expect(await keys(objects, '')).toEqual(['same']);
  });
}
