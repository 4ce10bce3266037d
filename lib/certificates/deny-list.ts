import { existsSync, statSync } from 'node:fs';
import { HeliographError } from '../errors.ts';
import { readRevoked } from './revocation.ts';

/** The deny list of a file, read again when the file changes. One that cannot be read lets nobody in who was kept out. */
export class DenyList {
  readonly #file: string | undefined;
  #seen = '';
  #serials: ReadonlySet<string> = new Set();
  readonly #onTrouble: (trouble: string) => void;
  #trouble: string | null = null;

  /**
   * @param file none: nobody is denied; one that is not there yet: nobody so far
   * @param onTrouble told once when it cannot be read any more
   * @throws HeliographError HG_CERT_FILE when it cannot be read now: whom to keep out is not known
   */
  constructor(file: string | undefined, onTrouble: (trouble: string) => void) {
    this.#file = file;
    this.#onTrouble = onTrouble;
    if (file === undefined) return;
    try {
      this.#read(file, fingerprint(file));
    } catch (cause) {
      throw new HeliographError('HG_CERT_FILE', String(cause), { file }, cause);
    }
  }

  /** Serial numbers in lower-case hex; looks at the file. Of a file that cannot be read, or is gone, those that were read last. */
  serials(): ReadonlySet<string> {
    if (this.#file === undefined) return this.#serials;
    try {
      const seen = fingerprint(this.#file);
      if (seen !== this.#seen || this.#trouble !== null) this.#read(this.#file, seen);
    } catch (error) {
      if (this.#trouble === null) this.#onTrouble(String(error));
      this.#trouble = String(error);
    }
    return this.#serials;
  }

  /** Why the file cannot be read, as of the last look; null: it can. */
  get trouble(): string | null {
    return this.#trouble;
  }

  #read(file: string, seen: string): void {
    const serials = readRevoked(file);
    // Whoever wants nobody denied empties it.
    if (this.#serials.size > 0 && !existsSync(file)) throw new Error(`${file} is not there any more`);
    this.#serials = serials;
    this.#seen = seen;
    this.#trouble = null;
  }
}

function fingerprint(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}/${stat.size}/${stat.ino}` : 'none';
}
