import { ask } from '../api.ts';
import type { Line } from './chart.ts';

/** Prometheus' matrix, as the API gives it. */
export interface Matrix {
  readonly data: {
    readonly resultType: 'matrix';
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly values: readonly [number, string][];
    }[];
  };
  readonly warnings?: readonly string[];
}

export interface Grid {
  /** Seconds, every step of the range. */
  readonly times: readonly number[];
  readonly series: readonly { readonly metric: Readonly<Record<string, string>>; readonly values: (number | null)[] }[];
  readonly warnings: readonly string[];
}

/** Asks for a range and lays the answer on a grid of all its steps, so that a hole is a hole. Times in seconds. */
export async function queryRange(
  query: string,
  range: { readonly start: number; readonly end: number },
  step: number,
  options: { readonly lookback?: number; readonly limit?: number },
  signal: AbortSignal,
): Promise<Grid> {
  const answer = await ask<Matrix>(
    '/api/v1/query_range',
    {
      query,
      start: range.start,
      end: range.end,
      step,
      ...(options.lookback ? { lookback_delta: options.lookback } : {}),
      ...(options.limit ? { limit: options.limit } : {}),
    },
    signal,
  );
  const times: number[] = [];
  for (let time = range.start; time <= range.end; time += step) times.push(time);
  const series = answer.data.result.map(({ metric, values }) => {
    const row = new Array<number | null>(times.length).fill(null);
    for (const [time, value] of values) {
      const at = Math.round((time - range.start) / step);
      if (at >= 0 && at < row.length) row[at] = readNumber(value);
    }
    return { metric, values: row };
  });
  return { times, series, warnings: answer.warnings ?? [] };
}

/** What cannot be drawn (NaN and the infinities) is a hole in a line. */
function readNumber(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** `name{a="b"}`; without a name only the labels. */
export function seriesName({ __name__: name = '', ...labels }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length > 0 ? `${name}{${pairs.join(', ')}}` : name || '{}';
}

/** Lines from a grid, named by one label. */
export function linesBy(grid: Grid, label: string, more: Partial<Line> = {}): Line[] {
  return grid.series.map(({ metric, values }) => ({ label: metric[label] ?? '', values, ...more }));
}
