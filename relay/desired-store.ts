import type { JournalFiles } from '../lib/journal/contract.ts';
import { decodeDesired } from '../proto/desired.ts';
import { HOST_NAME } from '../proto/topics.ts';
import { readWhole, writeDurably } from './durable-file.ts';

/** The desired configuration of each host, as the core last said it: one file a host, so that a host that connects gets it without a core. */
export class DesiredStore {
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #documents = new Map<string, Uint8Array>();
  /** Writes of one host one after the other. */
  readonly #writing = new Map<string, Promise<void>>();

  private constructor(directory: string, files: JournalFiles) {
    this.#directory = directory;
    this.#files = files;
  }

  static async open(directory: string, files: JournalFiles): Promise<DesiredStore> {
    const store = new DesiredStore(directory, files);
    await files.mkdir(directory);
    for (const name of await files.list(directory)) {
      if (!name.endsWith('.json')) continue;
      const document = await readWhole(files, `${directory}/${name}`);
      if (document) store.#documents.set(name.slice(0, -'.json'.length), document);
    }
    return store;
  }

  /** Knows a document that another process keeps on disk; an empty one takes it away. */
  know(host: string, document: Uint8Array): void {
    if (document.length > 0) this.#documents.set(host, document);
    else this.#documents.delete(host);
  }

  of(host: string): Uint8Array | undefined {
    return this.#documents.get(host);
  }

  /**
   * Keeps a document; an empty one takes it away.
   * @returns whether it is another one than before
   * @throws HeliographError HG_WIRE_* for a document no collector could read, or a name that is none
   */
  async set(host: string, document: Uint8Array): Promise<boolean> {
    if (document.length > 0) decodeDesired(document);
    if (!HOST_NAME.test(host)) return false;
    const before = this.#documents.get(host);
    if (before ? Buffer.compare(before, document) === 0 : document.length === 0) return false;
    if (document.length > 0) this.#documents.set(host, document);
    else this.#documents.delete(host);
    const path = `${this.#directory}/${host}.json`;
    const last = (this.#writing.get(host) ?? Promise.resolve()).then(() =>
      document.length > 0 ? writeDurably(this.#files, path, document) : this.#files.unlink(path),
    );
    this.#writing.set(
      host,
      last.catch(() => undefined),
    );
    await last;
    return true;
  }
}
