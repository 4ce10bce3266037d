import { threeDigits } from '../page/three-digits.ts';
import type { BenchResult } from '../result.ts';
import type { Hops } from './hops.ts';

/** One event that a webhook heard of. */
export interface Measured {
  /** When it happened, ms since the epoch. */
  readonly at: number;
  /** ms from there to the webhook. */
  readonly took: number;
  /** Null: a part of its way was not seen. */
  readonly hops: Hops | null;
  /** Metric frames that waited at the relay then. */
  readonly backlog: number;
}

/** The times of events of one kind, and the parts of them. @param target of the whole, s */
export function figures(what: string, events: readonly Measured[], target: number, note: string): BenchResult[] {
  if (events.length === 0) return [];
  const noted = `${events.length} times; ${note}`;
  const seconds = (times: readonly number[], share: number) => threeDigits(quantile(times, share) / 1000);
  const took = events.map((event) => event.took);
  const split = events.map(({ hops }) => hops).filter((hops) => hops !== null);
  const parts = Object.keys(split[0] ?? {}).flatMap((part) => {
    const times = split.map((hops) => hops[part]!);
    const name = `${what}: ${part}`;
    const seen = `of ${split.length} that were followed`;
    return [
      { name: `${name}, p50`, value: seconds(times, 0.5), unit: 's', note: seen },
      { name: `${name}, p99`, value: seconds(times, 0.99), unit: 's', note: seen },
    ];
  });
  return [
    { name: `${what}, to the webhook, p50`, value: seconds(took, 0.5), unit: 's', note: noted },
    { name: `${what}, to the webhook, p99`, value: seconds(took, 0.99), unit: 's', target, note: noted },
    ...parts,
  ];
}

/** A row for `--json`: the event with all its parts, s. */
export function rowOf(what: string, { at, took, hops, backlog }: Measured): Record<string, number | null> {
  const row: Record<string, number | null> = { [`${what}, at`]: at / 1000, took: took / 1000, backlog };
  for (const [part, ms] of Object.entries(hops ?? {})) row[part] = ms / 1000;
  return row;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1]!;
}
