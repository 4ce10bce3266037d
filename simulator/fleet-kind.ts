import { encodeBase } from '../proto/base.ts';
import { hashOf } from '../proto/hash.ts';
import type { Kind } from './kinds.ts';
import { KindPages, sha256 } from './pages.ts';
import type { ScaledRecording } from './scaled-recording.ts';
import { Templates } from './templates.ts';
import { KindValues } from './values.ts';

/** A base row is renewed after this, as a collector would, or after this many samplings if that is later. */
const BASE_MS = 300_000;
const BASE_STEPS = 30;

/** Everything that the hosts of one kind share. */
export class FleetKind {
  readonly kind: Kind;
  readonly pages: KindPages;
  readonly values: KindValues;
  readonly templates: Templates;
  readonly #baseSteps: number;
  readonly #row: Float64Array;

  /** @param hosts of the run, of all kinds */
  constructor(kind: Kind, series: number | null, recording: ScaledRecording, intervalMs: number, hosts: number) {
    this.kind = kind;
    this.pages = new KindPages(kind, series, recording);
    const sources = this.pages.series.map(({ source }) => source);
    this.values = new KindValues(recording, sources, intervalMs, hosts);
    this.templates = new Templates(this.pages, this.values, intervalMs);
    this.#baseSteps = Math.max(BASE_STEPS, Math.round(BASE_MS / intervalMs));
    this.#row = new Float64Array(this.values.count);
  }

  /** The step whose values the base rows of a step have. */
  baseStep(step: number): number {
    return step - (step % this.#baseSteps);
  }

  /** A host's base rows of a base step, one a section: definitions, and their hashes. */
  bases(host: number, life: number, baseStep: number): { readonly hash: string; readonly bytes: Uint8Array }[] {
    this.values.row(host, life, baseStep, this.#row);
    return this.pages.sections.map(({ from, count }, section) => {
      const values = this.#row.slice(from, from + count);
      const bytes = encodeBase(this.pages.page(section, life).hash, values, count);
      return { hash: hashOf(bytes, sha256), bytes };
    });
  }
}
