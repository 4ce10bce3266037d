import { hashBytes } from '../proto/hash.ts';
import type { HostQueue } from './host-queue.ts';
import type { HostState } from './host-state.ts';
import type { HostWire } from './host-wire.ts';
import type { OutgoingFrame } from './outbox.ts';

/** The pages and base rows that a host's frames of samples name: sent before them, and again when the relay asks. */
export class HostDefinitions {
  readonly #host: HostState;
  readonly #wire: HostWire;
  readonly #queue: HostQueue;
  /** Base rows that frames in the outbox name, and the present ones. */
  #bases: { life: number; step: number; hashes: Uint8Array[] }[] = [];

  constructor(host: HostState, wire: HostWire, queue: HostQueue) {
    this.#host = host;
    this.#wire = wire;
    this.#queue = queue;
  }

  /** Makes and sends the base rows of a step of the present life, unless there are some. */
  needBases(step: number): void {
    const { kind, number } = this.#host;
    const base = kind.baseStep(step);
    const life = this.#host.life.number;
    if (this.#bases.some((one) => one.step === base && one.life === life)) return;
    const made = kind.bases(number, life, base);
    // Those that no frame names any more are forgotten.
    const named = new Set(
      (this.#queue.outbox('metric')?.frames() ?? []).map(
        ({ life, rows }) => `${life.number}/${rows ? kind.baseStep(rows.step) : ''}`,
      ),
    );
    this.#bases = this.#bases.filter((one) => named.has(`${one.life}/${one.step}`));
    this.#bases.push({ life, step: base, hashes: made.map(({ hash }) => hashBytes(hash)) });
    if (!this.#wire.open) return;
    for (const { bytes } of made) this.#wire.publish('definitions', bytes);
    this.#wire.flush();
  }

  /** The hashes of the base rows that a frame of samples names, by section. */
  basesOf(frame: OutgoingFrame): readonly Uint8Array[] {
    const step = this.#host.kind.baseStep(frame.rows!.step);
    return this.#bases.find((one) => one.step === step && one.life === frame.life.number)!.hashes;
  }

  /**
   * Sends all that the frames in the outbox name; or what of it the relay asks for.
   * @param wanted hashes; null: all
   */
  send(wanted: ReadonlySet<string> | null): void {
    const { kind, number } = this.#host;
    const { pages } = kind;
    const lives = new Set([this.#host.life.number, ...this.#bases.map(({ life }) => life)]);
    for (const life of lives) {
      for (const section of pages.sections.keys()) {
        const page = pages.page(section, life);
        if (wanted === null || wanted.has(page.hash)) this.#wire.publish('definitions', page.bytes);
      }
    }
    for (const { life, step, hashes } of this.#bases) {
      const asked = hashes.some((hash) => wanted?.has(Buffer.from(hash).toString('hex')) ?? true);
      if (!asked) continue;
      for (const { hash, bytes } of kind.bases(number, life, step))
        if (wanted === null || wanted.has(hash)) this.#wire.publish('definitions', bytes);
    }
    this.#wire.flush();
  }
}
