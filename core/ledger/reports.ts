import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import type { Ledger } from '../../lib/ledger.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { transaction } from '../disk/transaction.ts';
import type { BusSide } from './bus-hop.ts';

export const amountSchema = z.object({ frames: z.number(), items: z.number() });
/** A name that an object has by itself would be taken for an amount. */
const reason = z
  .string()
  .max(256)
  .refine((name) => !(name in Object.prototype), 'no name of a property of every object');
export const ledgerSchema = z.object({
  version: z.literal(1),
  tier: z.enum(['collector', 'relay', 'core', 'simulator']),
  name: z.string().max(256),
  time: z.number(),
  entries: z
    .array(
      z.object({
        class: z.enum(DATA_CLASSES),
        in: amountSchema,
        out: amountSchema,
        queued: amountSchema,
        repeated: amountSchema,
        dropped: z.record(reason, amountSchema),
      }),
    )
    .max(DATA_CLASSES.length),
  workers: z.number().optional(),
});

/** @throws HeliographError HG_CORE_LEDGER when it has not the form of lib/ledger.ts */
export function parseLedger(value: unknown): Ledger {
  const parsed = ledgerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new HeliographError('HG_CORE_LEDGER', `${issue.path.join('.')}: ${issue.message}`);
}

/** What another process of a split core last said of its accounts. */
export interface CoreReport {
  readonly name: string;
  readonly ledger: Ledger;
  readonly takes: boolean;
  readonly indexes: boolean;
  readonly doors: readonly Ledger[];
  readonly relays: readonly Ledger[];
  /** Null: it keeps no account of the bus, or is of a version that does not say. */
  readonly bus?: BusSide | null;
}

/** The latest account of each relay's process, kept over restarts so that the ledger can be read at once. */
export class Reports {
  readonly #state: DatabaseSync;
  readonly #latest = new Map<string, Ledger>();
  readonly #unsaved = new Set<string>();
  /** Of the other processes of a split core: what one that is away last said stands. */
  readonly #cores = new Map<string, CoreReport>();
  readonly #unsavedCores = new Set<string>();

  constructor(state: DatabaseSync) {
    this.#state = state;
    const rows = state.prepare(`SELECT name, ledger FROM reports WHERE tier = 'relay'`).all() as unknown as {
      name: string;
      ledger: string;
    }[];
    for (const row of rows) this.#latest.set(row.name, JSON.parse(row.ledger) as Ledger);
    const cores = state.prepare(`SELECT name, ledger FROM reports WHERE tier = 'core'`).all() as unknown as typeof rows;
    for (const { name, ledger } of cores) this.#cores.set(name, JSON.parse(ledger) as CoreReport);
  }

  /**
   * Takes the report of a relay's process, known by its key, JSON as bytes.
   * @param workers how many of the relay's processes take collectors in
   * @throws HeliographError HG_CORE_LEDGER
   */
  take(relay: string, workers: number, bytes: Uint8Array): void {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      throw new HeliographError('HG_CORE_LEDGER', 'not JSON', { relay }, cause);
    }
    // The name is the certificate's, and the number that of the stream, whatever the report says.
    const ledger = { ...parseLedger(value), tier: 'relay' as const, name: relay, workers };
    this.#latest.set(relay, ledger);
    this.#unsaved.add(relay);
  }

  /** Writes what came since the last time; a disk that refuses it is the caller's to tell of, and it is tried again. */
  save(): void {
    if (this.#unsaved.size + this.#unsavedCores.size === 0) return;
    transaction(this.#state, () => {
      const write = this.#state.prepare(
        `INSERT INTO reports VALUES (?, ?, ?, ?) ON CONFLICT (tier, name) DO UPDATE SET time = excluded.time, ledger = excluded.ledger`,
      );
      for (const relay of this.#unsaved) {
        const ledger = this.#latest.get(relay)!;
        write.run('relay', relay, ledger.time, JSON.stringify(ledger));
      }
      for (const name of this.#unsavedCores) {
        const core = this.#cores.get(name)!;
        write.run('core', name, core.ledger.time, JSON.stringify(core));
      }
    });
    this.#unsaved.clear();
    this.#unsavedCores.clear();
  }

  /** The accounts of another process of this core, known by its address. */
  takeCore(address: string, report: CoreReport): void {
    this.#cores.set(address, report);
    this.#unsavedCores.add(address);
  }

  /** What the process at this address last said; undefined before it did. */
  core(address: string): CoreReport | undefined {
    return this.#cores.get(address);
  }

  cores(): CoreReport[] {
    return [...this.#cores.values()];
  }

  /** Forgets the processes that are no part of this core any more, each told before: their accounts would hide what is missing. */
  keepCores(addresses: ReadonlySet<string>, onGone: (report: CoreReport) => void): void {
    const gone = this.#state.prepare(`DELETE FROM reports WHERE tier = 'core' AND name = ?`);
    for (const [address, report] of this.#cores) {
      if (addresses.has(address)) continue;
      onGone(report);
      this.#cores.delete(address);
      gone.run(address);
    }
  }

  relays(): Ledger[] {
    return [...this.#latest.values()];
  }
}
