import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { unhex } from '../../proto/hash.ts';
import { describeVector, type VectorKind } from './vector.ts';

const root = fileURLToPath(new URL('./vectors/', import.meta.url));

/** What a released version wrote must be read by every later one. These files are never changed; a new version adds a folder. */
describe.each(readdirSync(root))('vectors of %s', (version) => {
  const names = readdirSync(`${root}${version}`).filter((name) => name.endsWith('.hex'));

  it('are all there', () => {
    expect(names.length).toBeGreaterThanOrEqual(12);
  });

  it.each(names)('%s decodes to what stands beside it', (name) => {
    const text = readFileSync(`${root}${version}/${name}`, 'utf8').replace(/\s/g, '');
    const expected: { kind: VectorKind; decoded: unknown } = JSON.parse(
      readFileSync(`${root}${version}/${name.replace('.hex', '.json')}`, 'utf8'),
    );
    const decoded = describeVector(expected.kind, unhex(text, text.length / 2));
    expect(JSON.parse(JSON.stringify(decoded))).toEqual(expected.decoded);
  });
});
