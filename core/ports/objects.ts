/** Objects by key, for dead letters and archives. `put` resolves when the object is durable; keys are `/`-separated, no `..`. */
export interface Objects {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  list(prefix: string): AsyncIterable<{ key: string; bytes: number; modified: number }>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
