const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const SEPARATOR = 0xffn;

/** A label set in 16 hex digits, as Prometheus and Alertmanager fingerprint it: FNV-1a of names and values, by name. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = OFFSET;
  const add = (byte: bigint) => {
    hash = BigInt.asUintN(64, (hash ^ byte) * PRIME);
  };
  for (const name of Object.keys(labels).sort()) {
    for (const text of [name, labels[name]!]) {
      for (const byte of Buffer.from(text)) add(BigInt(byte));
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
