/** Who of several cores notifies: whoever holds it, and nobody else. */
export interface Lease {
  readonly kind: 'none' | 'file' | 'kafka';
  readonly name: string;
  /** What this core believes: the generation while it holds the lease, else null. Costs nothing. */
  readonly held: number | null;
  /** Who holds it, as far as this core has heard. */
  readonly owner: string | null;
  /** Asks whoever gives the lease. @returns the generation, or null: another has it, or nobody can say */
  check(): Promise<number | null>;
  /** Told when this core got the lease, and when it lost it. */
  onChange(listener: (held: number | null) => void): void;
  /** Gives it back, so that another has it at once. */
  close(): Promise<void>;
}

/** For a core that is the only one: its folder's own lock says so. */
export class OnlyCore implements Lease {
  readonly kind = 'none';
  readonly name = '';
  readonly held = 0;
  readonly owner = null;

  async check(): Promise<number> {
    return this.held;
  }

  onChange(): void {
    // It never does.
  }

  async close(): Promise<void> {
    // Nothing to give back.
  }
}
