import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import { LOG_LEVELS } from '../../proto/message.ts';
import { transaction } from '../disk/transaction.ts';

/** What a person may ask of a collector: the lowest level it sends, by service, until a time. */
export const desiredSchema = z.strictObject({
  version: z.literal(1),
  levels: z.record(z.string().min(1).max(128), z.enum(LOG_LEVELS)),
  /** ms since the epoch; after that the collector goes back to its own configuration. */
  until: z.number().int().positive().optional(),
});

export type Desired = z.output<typeof desiredSchema>;

/** Desired configuration by host, durable. A deleted one stays as an empty document until its relays have heard. */
export class DesiredStore {
  readonly #state: DatabaseSync;
  readonly #documents = new Map<string, string | null>();

  constructor(state: DatabaseSync) {
    this.#state = state;
    const rows = state.prepare('SELECT host, document FROM desired').all() as unknown as {
      host: string;
      document: string | null;
    }[];
    for (const row of rows) this.#documents.set(row.host, row.document);
  }

  /** @throws HeliographError HG_CORE_DESIRED for a document that says something else than levels */
  put(host: string, document: unknown, now: number): Desired {
    const parsed = desiredSchema.safeParse(document);
    if (!parsed.success) {
      const said = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
      throw new HeliographError('HG_CORE_DESIRED', said.join('; '), { host });
    }
    this.#write(host, JSON.stringify(parsed.data), this.#later(now));
    return parsed.data;
  }

  delete(host: string, now: number): boolean {
    if (this.get(host) === null) return false;
    this.#write(host, null, this.#later(now));
    return true;
  }

  get(host: string): Desired | null {
    const text = this.#documents.get(host);
    return text ? (JSON.parse(text) as Desired) : null;
  }

  /** What a relay that holds the host must publish: the document, empty bytes for a deleted one, undefined if there never was one. */
  bytes(host: string): Uint8Array | undefined {
    const text = this.#documents.get(host);
    return text === undefined ? undefined : Buffer.from(text ?? '');
  }

  /** All documents with when each was changed, for the other processes of this core. */
  all(): { host: string; document: string | null; changed: number }[] {
    return this.#state.prepare('SELECT host, document, changed FROM desired').all() as unknown as {
      host: string;
      document: string | null;
      changed: number;
    }[];
  }

  /** When the newest was changed, ms; 0 if there is none. */
  newest(): number {
    const { newest } = this.#state.prepare('SELECT max(changed) AS newest FROM desired').get() as {
      newest: number | null;
    };
    return newest ?? 0;
  }

  /** Takes what another process of this core was told. @returns the hosts for which it is news */
  adopt(documents: readonly { host: string; document: string | null; changed: number }[]): string[] {
    const known = new Map(this.all().map((one) => [one.host, one.changed]));
    const news = documents.filter(({ host, changed }) => changed > (known.get(host) ?? 0));
    for (const { host, document } of news) {
      const parsed = document === null ? null : desiredSchema.safeParse(JSON.parse(document));
      if (parsed?.success === false) throw new HeliographError('HG_CORE_DESIRED', String(parsed.error), { host });
    }
    transaction(this.#state, () => {
      for (const { host, document, changed } of news) this.#write(host, document, changed);
    });
    return news.map(({ host }) => host);
  }

  /** Later than all before, also when the clock was set back: others take a document by its time. */
  #later(now: number): number {
    return Math.max(now, this.newest() + 1);
  }

  #write(host: string, document: string | null, now: number): void {
    this.#state
      .prepare(
        'INSERT INTO desired VALUES (?, ?, ?) ON CONFLICT (host) DO UPDATE SET document = excluded.document, changed = excluded.changed',
      )
      .run(host, document, now);
    this.#documents.set(host, document);
  }
}
