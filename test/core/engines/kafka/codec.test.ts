import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { partitionOf } from '../../../../core/engines/kafka/partition.ts';
import { UNPACKED_BYTES, zstdCodec } from '../../../../core/engines/kafka/zstd.ts';

test('what is packed comes back, also what cannot be made smaller', async () => {
  for (const buffer of [Buffer.alloc(0), Buffer.from('line\n'.repeat(1000)), randomBytes(300_000)]) {
    const packed = await zstdCodec.compress({ buffer });
    expect(packed.length).toBeLessThan(buffer.length + 100);
    expect(await zstdCodec.decompress(packed)).toEqual(buffer);
  }
});

test('a bomb ends in an error', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(UNPACKED_BYTES + 1));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(zstdCodec.decompress(bomb)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
});

test('the partition of a key is the one that Kafka’s own clients choose', () => {
  const murmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (
    key: Buffer,
  ) => number;
  // From the tests of Kafka's Java client: murmur2 of "21" is -973932308, of "foobar" -790332482.
  expect(partitionOf(Buffer.from('21'), 1000)).toBe((-973_932_308 & 0x7fffffff) % 1000);
  expect(partitionOf(Buffer.from('foobar'), 1000)).toBe((-790_332_482 & 0x7fffffff) % 1000);
  for (let length = 0; length < 70; length++) {
    const key = randomBytes(length);
    expect(partitionOf(key, 97)).toBe((murmur2(key) & 0x7fffffff) % 97);
  }
});
