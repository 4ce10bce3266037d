import { expect } from 'vitest';
import { jsonLines } from '../../simulator/json-lines.ts';
import { until } from './until.ts';

/** Every number from 0 to count - 1 is in the store of a core exactly once, in the lines of a host. */
export async function expectEveryLineOnce(core: URL, host: string, count: number, fault: string): Promise<void> {
  const url = new URL('/api/v1/logs/export', core);
  const seen = async (): Promise<Map<number, number>> => {
    const numbers = new Map<number, number>();
    for await (const line of jsonLines<{ message: string; 'host.name': string }>(url)) {
      const number = line['host.name'] === host ? /number=(\d+)$/.exec(line.message)?.[1] : undefined;
      if (number !== undefined) numbers.set(Number(number), (numbers.get(Number(number)) ?? 0) + 1);
    }
    return numbers;
  };
  await until(`${count} lines of ${host}, ${fault}`, async () => (await seen()).size >= count, {
    withinMs: 60_000,
    everyMs: 1000,
  });
  const numbers = await seen();
  expect(
    [...numbers.keys()].filter((number) => number >= count),
    `${host} ${fault}`,
  ).toEqual([]);
  expect(
    [...numbers].filter(([, times]) => times !== 1),
    `${host} doubled, ${fault}`,
  ).toEqual([]);
}
