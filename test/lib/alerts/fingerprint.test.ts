import { expect, test } from 'vitest';
import { fingerprintOf } from '../../../lib/alerts/fingerprint.ts';

/** The definition, as it stands in Prometheus' common/model/fnv.go. */
function defined(labels: Readonly<Record<string, string>>): string {
  let hash = 0xcbf29ce484222325n;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  };
  for (const name of Object.keys(labels).sort()) {
    for (const text of [name, labels[name]!]) {
      for (const byte of Buffer.from(text)) add(byte);
      add(0xff);
    }
  }
  return hash.toString(16).padStart(16, '0');
}

test('it is FNV-1a of 64 bits over the bytes of names and values', () => {
  const sets: Record<string, string>[] = [{}, { a: '' }, { b: 'x', a: 'y' }, { text: 'Größe', more: '热 🔥' }];
  for (let i = 0; i < 500; i++) sets.push({ alertname: 'Down', instance: `host-${i}`, path: '/'.repeat(i % 40) });
  for (const labels of sets) expect(fingerprintOf(labels)).toBe(defined(labels));
  expect(fingerprintOf({})).toBe('cbf29ce484222325');
});
