import { position } from '../../lib/promql/query-error.ts';
import { formatShort } from './format.ts';

/** What Prometheus' API says beside an answer. */
export interface Notes {
  readonly warnings: string[];
  readonly infos: string[];
}

/** Buckets whose counts had to be lifted, over all steps of one call. */
interface Lifted {
  at: number;
  samples: number;
  firstMs: number;
  lastMs: number;
  lowest: number;
  highest: number;
  most: number;
}

const NOT_MONOTONIC =
  'input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)';

/**
 * Warnings and infos of one query, in Prometheus' words, each text once with the place in the query it is about. They say that
 * an answer may not mean what was meant: a rate of a gauge, a quantile above 1.
 */
export class Annotations {
  readonly #warnings = new Map<string, number>();
  readonly #infos = new Map<string, number>();
  #lifted: Lifted | undefined;

  /** @param at offset in the query */
  warn(text: string, at: number): void {
    this.#warnings.set(text, at);
  }

  inform(text: string, at: number): void {
    this.#infos.set(text, at);
  }

  /** Notes that a histogram's counts fell from bucket to bucket: between which bounds, and by how much at most. */
  lifted(at: number, timeMs: number, lowest: number, highest: number, most: number): void {
    const known = this.#lifted;
    this.#lifted = {
      at,
      samples: (known?.samples ?? 0) + 1,
      firstMs: Math.min(known?.firstMs ?? timeMs, timeMs),
      lastMs: Math.max(known?.lastMs ?? timeMs, timeMs),
      lowest: Math.min(known?.lowest ?? lowest, lowest),
      highest: Math.max(known?.highest ?? highest, highest),
      most: Math.max(known?.most ?? most, most),
    };
  }

  /** All of them, as the API gives them. */
  notes(query: string): Notes {
    const worded = (kind: string, all: ReadonlyMap<string, number>) =>
      [...all].map(([text, at]) => `PromQL ${kind}: ${text} (${position(query, at)})`).sort();
    const infos = new Map(this.#infos);
    if (this.#lifted !== undefined) infos.set(describeLifted(this.#lifted), this.#lifted.at);
    return { warnings: worded('warning', this.#warnings), infos: worded('info', infos) };
  }
}

function describeLifted({ samples, firstMs, lastMs, lowest, highest, most }: Lifted): string {
  const time = (ms: number) => new Date(Math.trunc(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  const bounds = `from buckets ${formatShort(lowest)} to ${formatShort(highest)}`;
  const difference = formatShort(Number(most.toPrecision(2)), 2);
  return `${NOT_MONOTONIC}, ${bounds}, with a max diff of ${difference}, over ${samples} samples from ${time(firstMs)} to ${time(lastMs)}`;
}

/** The warning about a quantile that is none, or undefined. */
export function badQuantile(quantile: number): string | undefined {
  if (quantile >= 0 && quantile <= 1) return undefined;
  return `quantile value should be between 0 and 1, got ${formatShort(quantile)}`;
}
