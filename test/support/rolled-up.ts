import { expect } from 'vitest';
import { until } from './until.ts';

const INTERVAL_S = 10;
const METRIC = 'node_load1';
const NAME = 'load';

/** A rule whose result can be computed from the raw samples, which go on to the core as well. */
export const LOAD_RULE = `- {name: ${NAME}, match: ${METRIC}, interval: ${INTERVAL_S}s, without: [instance], outputs: [count_samples, sum_samples]}\n`;

/**
 * Waits until the relay has written a window that ends after `after`, and compares all windows that are not marked with what the raw samples give.
 * @param after ms since the epoch @param least windows to compare
 */
export async function expectRolledUp(core: URL, after: number, least: number, fault: string): Promise<void> {
  const last = Math.ceil(after / 1000 / INTERVAL_S) * INTERVAL_S;
  const range = async (query: string): Promise<Map<number, number>> => {
    const url = new URL('/api/v1/query_range', core);
    const bounds = {
      query,
      start: String(last - 3600),
      end: String(last),
      step: `${INTERVAL_S}s`,
      lookback_delta: '1s',
    };
    for (const [name, value] of Object.entries(bounds)) url.searchParams.set(name, value);
    const { data } = (await (await fetch(url)).json()) as { data: { result: { values: [number, string][] }[] } };
    return new Map(data.result.flatMap(({ values }) => values.map(([time, value]) => [time, Number(value)] as const)));
  };
  const rolled = (output: string) => range(`sum(${METRIC}:${INTERVAL_S}s_without_instance_${output})`);
  await until('the last window is written', async () => (await rolled('count_samples')).has(last), {
    withinMs: 180_000,
    everyMs: 1000,
  });
  const mark = (reason: string) => range(`sum(heliograph_rollup_partial{rule="${NAME}"${reason}})`);
  const partial = await mark('');
  const why = await Promise.all(
    ['started', 'lost_inputs', 'hand_over'].map(async (reason) => [reason, (await mark(`,reason="${reason}"`)).size]),
  );
  for (const [output, raw] of [
    ['count_samples', `sum(count_over_time(${METRIC}[${INTERVAL_S}s]))`],
    ['sum_samples', `sum(sum_over_time(${METRIC}[${INTERVAL_S}s]))`],
  ] as const) {
    const [made, exact] = await Promise.all([rolled(output), range(raw)]);
    const compared = [...made].filter(([time]) => !partial.has(time));
    expect(
      compared.length,
      `${fault}: windows of ${output}; marked: ${why.join(' ')} of ${made.size}`,
    ).toBeGreaterThanOrEqual(least);
    for (const [time, value] of compared) {
      expect(value, `${fault}: ${output} of the window to ${new Date(time * 1000).toISOString()}`).toBeCloseTo(
        exact.get(time)!,
        6,
      );
    }
    const missing = [...exact.keys()].filter((time) => time <= last && !made.has(time) && !partial.has(time));
    expect(missing, `${fault}: windows of ${output} that are not there`).toEqual([]);
  }
}
