import type { DoorClientRow } from '../status/contract.ts';

/** What one client brought by one door. */
interface Entry {
  readonly door: string;
  readonly client: string;
  address: string | null;
  readonly since: number;
  last: number;
  samples: number;
  lines: number;
  refused: number;
}

/** Clients remembered; beyond, the one that was silent longest makes room. A client that makes up names must not fill the memory. */
const MOST = 1000;
/** Rows shown. */
const SHOWN = 50;

/** Who sends by the doors, from where, since when and how much. Kept in the order of their last request. */
export class ClientBook {
  readonly #entries = new Map<string, Entry>();

  /** @param now ms since the epoch @param refused samples and lines of a request that was taken otherwise */
  took(
    door: string,
    { name: client, address = null }: { readonly name: string; readonly address?: string | undefined | null },
    { samples, lines, refused }: Readonly<Record<'samples' | 'lines' | 'refused', number>>,
    now: number,
  ): void {
    const key = `${door} ${client}`;
    const entry = this.#entries.get(key) ?? {
      door,
      client,
      address,
      since: now,
      last: now,
      samples: 0,
      lines: 0,
      refused: 0,
    };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.address = address ?? entry.address;
    entry.last = now;
    entry.samples += samples;
    entry.lines += lines;
    entry.refused += refused;
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Those heard last, the newest first, and how many there are. */
  rows(): { readonly clients: number; readonly rows: DoorClientRow[] } {
    const rows = [...this.#entries.values()].slice(-SHOWN).reverse();
    return { clients: this.#entries.size, rows: rows.map((entry) => ({ ...entry })) };
  }
}
