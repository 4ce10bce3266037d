import { type Hash, hashOf } from '../../../proto/hash.ts';
import type { Host } from '../host.ts';
import { readWhole, writeWhole } from '../whole-file.ts';

/**
 * The pages and base rows that frames in the spool name, one file each under its hash. Frames of an earlier life name theirs too,
 * so the files outlive the process and go when the last record that may name them is acknowledged.
 */
export class Definitions {
  readonly #host: Host;
  readonly #directory: string;
  readonly #durable: boolean;
  /** By hash: the end of the last spooled record that may name it; Infinity while it is in use for new frames. */
  readonly #lastUse = new Map<Hash, number>();
  /** Bytes of those in use (asked for on every new connection), and of those not yet written. */
  readonly #bytes = new Map<Hash, Uint8Array>();

  /**
   * @param spoolEnd where the metric chain ends now: files found here may be named by any record before it
   * @param durable false: kept in memory until `flush`, to spare flash
   * @throws HeliographError HG_COLLECTOR_DISK
   */
  constructor(host: Host, directory: string, spoolEnd: number, durable: boolean) {
    this.#host = host;
    this.#directory = directory;
    this.#durable = durable;
    host.files.mkdir(directory);
    const names = host.files.readdir(directory);
    if (typeof names !== 'number') {
      for (const name of names) if (/^[0-9a-f]{32}$/.test(name)) this.#lastUse.set(name, spoolEnd);
    }
  }

  get count(): number {
    return this.#lastUse.size;
  }

  /** Takes a definition into use; durable when it returns. @throws HeliographError HG_COLLECTOR_DISK */
  use(bytes: Uint8Array): Hash {
    const hash = hashOf(bytes, this.#host.sha256);
    if (!this.#lastUse.has(hash) && this.#durable) writeWhole(this.#host.files, this.#path(hash), bytes);
    this.#lastUse.set(hash, Number.POSITIVE_INFINITY);
    this.#bytes.set(hash, bytes);
    return hash;
  }

  /** No frame after position `end` of the metric chain names it. */
  retire(hash: Hash, end: number): void {
    if (!this.#lastUse.has(hash)) return;
    this.#lastUse.set(hash, end);
    if (this.#durable) this.#bytes.delete(hash);
  }

  /** The bytes as they were sent first, or null if they are not here (any more) or not what the name says. */
  bytes(hash: Hash): Uint8Array | null {
    const there = this.#bytes.get(hash);
    if (there !== undefined) return there;
    if (!this.#lastUse.has(hash)) return null;
    const bytes = readWhole(this.#host.files, this.#path(hash));
    return bytes !== null && hashOf(bytes, this.#host.sha256) === hash ? bytes : null;
  }

  /** Removes what only records before `floor` named. */
  collect(floor: number): void {
    for (const [hash, lastUse] of this.#lastUse) {
      if (lastUse > floor) continue;
      this.#lastUse.delete(hash);
      this.#bytes.delete(hash);
      this.#host.files.unlink(this.#path(hash));
    }
  }

  /** Writes what is in memory only. @throws HeliographError HG_COLLECTOR_DISK */
  flush(): void {
    if (this.#durable) return;
    for (const [hash, bytes] of this.#bytes) writeWhole(this.#host.files, this.#path(hash), bytes);
  }

  #path(hash: Hash): string {
    return `${this.#directory}/${hash}`;
  }
}
