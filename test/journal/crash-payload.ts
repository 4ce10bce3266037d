/** The bytes of a record in the crash test: 20 to 1,019 of them, told by its key. */
export function crashPayload(key: number): Uint8Array {
  return new Uint8Array(20 + ((key * 7919) % 1000)).map((_, i) => key * 13 + i * 7);
}
