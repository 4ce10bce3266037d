import { expect, test } from 'vitest';
import { kindsOf } from '../../simulator/crew.ts';
import { jobOf } from '../../simulator/kinds.ts';
import { pagesOf } from '../../simulator/sample-pages.ts';
import type { HostTruth } from '../../simulator/truth.ts';

const HOSTS = 30;
const SERIES = 50;
const STEPS = 10;
const schedule = { seed: 5, startedAt: 1_795_000_000_000, intervalMs: 10_000, skewed: 0 };
const kind = kindsOf({ hosts: HOSTS, series: SERIES, mix: { web: 2, router: 1 }, schedule });
const job = ({ number }: HostTruth) => jobOf(kind(number).kind);

function truthOf(number: number, steps = STEPS): HostTruth {
  const spans = steps === 0 ? [] : [{ life: 0, from: 3, to: 2 + steps }];
  return { number, name: `sim-${number}`, skew: 0, steps: spans, lines: [], openSteps: [], openLines: [] };
}
const truths = Array.from({ length: HOSTS }, (_, number) => truthOf(number));

test('every host that sampled is in one page, with hosts of its job, and no page is larger than asked', () => {
  const pages = [...pagesOf([...truths, truthOf(HOSTS, 0)], { kind }, 4 * SERIES * STEPS)];
  expect(pages.flat().toSorted((a, b) => a.number - b.number)).toEqual(truths);
  for (const page of pages) {
    expect(page.length).toBeLessThanOrEqual(4);
    expect(new Set(page.map(job)).size).toBe(1);
  }
  // Full ones, but for the last of each of the two jobs.
  expect(pages.filter(({ length }) => length < 4).length).toBeLessThanOrEqual(2);
});

test('a host with more than a page holds is a page of its own', () => {
  const [web] = truths.filter((truth) => job(truth) === job(truths[0]!));
  const long = { ...web!, steps: [{ life: 0, from: 0, to: 1_000_000_000 }] };
  expect([...pagesOf([web!, long, web!], { kind }, 4 * SERIES * STEPS)]).toEqual([[web], [long], [web]]);
});

test('a page comes when it is full, before the hosts behind it are looked at', () => {
  let looked = 0;
  const counted = (host: number) => {
    looked++;
    return kind(host);
  };
  const first = pagesOf(truths, { kind: counted }, 2 * SERIES * STEPS).next();
  expect(first.value).toHaveLength(2);
  expect(looked).toBeLessThan(10);
});
