const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * The partition of a key: murmur2 over the number of partitions, as Kafka's own clients have it by default, so that other tools
 * find a host's records. kafkajs' own takes a big integer for each step, and forgets records when a topic has lost partitions.
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = SEED ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    word = Math.imul(word, M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  for (let i = length - 1; i >= whole; i--) hash ^= bytes[i]! << (8 * (i - whole));
  if (length > whole) hash = Math.imul(hash, M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
