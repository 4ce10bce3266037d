import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kindsOf } from '../../simulator/crew.ts';
import { emptyFindings } from '../../simulator/findings.ts';
import { jobOf } from '../../simulator/kinds.ts';
import { tailOf } from '../../simulator/line-tails.ts';
import { MaskedLines } from '../../simulator/masked-lines.ts';
import { simulatedName } from '../../simulator/names.ts';
import { timeOf } from '../../simulator/schedule.ts';
import type { HostTruth } from '../../simulator/truth.ts';
import { verifyUntilGood } from '../../simulator/verify.ts';
import { verifyCounts } from '../../simulator/verify-counts.ts';
import { timeIn, verifyLines } from '../../simulator/verify-lines.ts';
import { verifySamples } from '../../simulator/verify-samples.ts';

interface StoredSeries {
  readonly metric: Record<string, string>;
  readonly timestamps: number[];
  readonly values: string[];
}

const HOSTS = 12;
const schedule = { seed: 5, startedAt: 1_795_000_000_000, intervalMs: 10_000, skewed: 0.3 };
const kind = kindsOf({ hosts: HOSTS, series: 50, mix: { web: 2, router: 1 }, schedule });
const known = { schedule, kind };
/** Two lives each, with a pause between; the last step of each host is not acknowledged. */
const truths: HostTruth[] = Array.from({ length: HOSTS }, (_, number) => ({
  number,
  name: simulatedName(number),
  skew: 0,
  steps: [
    { life: 0, from: 2, to: 9 },
    { life: 1, from: 12, to: 15 },
  ],
  lines: [
    { first: 0, start: schedule.startedAt, every: 700.5, count: 10 },
    { first: 10, start: schedule.startedAt + 60_000, every: 100, count: 5 },
  ],
  openSteps: [[15, 15]],
  openLines: [[14, 14]],
}));

let server: Server;
let core: URL;
let series: StoredSeries[];
let lines: Record<string, string>[];

/** What a store has that lost, doubled and altered nothing, the unacknowledged included. */
function fill(): void {
  const masked = new MaskedLines(schedule.startedAt);
  series = truths.flatMap(({ number, steps }) => {
    const { pages, values, kind: name } = kind(number);
    return pages.series.flatMap((_, place) => {
      const lives = pages.passes(place) ? [0, 1] : [null];
      return lives.map((life) => {
        const { name: metric, labels } = pages.seriesIn(place, life ?? 0);
        const all = steps
          .filter((span) => life === null || span.life === life)
          .flatMap((span) =>
            Array.from({ length: span.to - span.from + 1 }, (_, i) => ({ step: span.from + i, life: span.life })),
          );
        expect(Object.fromEntries(labels).job).toBe(jobOf(name));
        return {
          metric: { __name__: metric, instance: simulatedName(number), site: 'test', ...Object.fromEntries(labels) },
          timestamps: all.map(({ step }) => timeOf(schedule, number, step)),
          values: all.map(({ step, life }) => hexOf(values.at(number, life, step, place))),
        };
      });
    });
  });
  lines = truths.flatMap(({ number, lines: spans }) =>
    spans.flatMap((span) =>
      Array.from({ length: span.count }, (_, i) => {
        const { message, level, service } = masked.line(number, span.first + i);
        return {
          '@timestamp': new Date(timeIn(span, span.first + i)).toISOString(),
          message,
          'log.level': level,
          'service.name': service,
          'host.name': simulatedName(number),
        };
      }),
    ),
  );
}

function hexOf(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

beforeAll(async () => {
  // A store that answers the three questions of a verifier from what it was filled with.
  server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://store');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const question = url.searchParams.get('match[]') ?? new URLSearchParams(body).get('query') ?? '';
    const asked = new Set(/instance=~"([^"]*)"/.exec(question)?.[1]?.split('|'));
    const job = /job="(\w+)"/.exec(question)?.[1];
    const matching = series.filter(({ metric }) => asked.has(metric.instance!) && metric.job === job);
    if (url.pathname === '/api/v1/export') response.end(matching.map((one) => `${JSON.stringify(one)}\n`).join(''));
    else if (url.pathname === '/api/v1/logs/export')
      response.end(lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
    else {
      const name = /count_over_time\((\w+)\{/.exec(question)![1];
      const result = [...asked].map((instance) => {
        const mine = matching.filter(({ metric }) => metric.instance === instance && metric.__name__ === name);
        return { metric: { instance }, value: [0, String(mine.reduce((sum, one) => sum + one.timestamps.length, 0))] };
      });
      response.end(JSON.stringify({ data: { result } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  core = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function verify() {
  const [samples, counts, said] = [emptyFindings(), emptyFindings(), emptyFindings()];
  await verifySamples(core, truths, known, samples);
  await verifyCounts(core, truths, known, counts);
  await verifyLines(core, truths, schedule.startedAt, said);
  const short = ({ missing, altered, doubled, foreign }: typeof samples) => ({ missing, altered, doubled, foreign });
  return {
    samples: short(samples),
    counts: short(counts),
    lines: short(said),
    checked: samples.checked,
    read: said.checked,
  };
}
const NONE = { missing: 0, altered: 0, doubled: 0, foreign: 0 };

test('a store that has everything is faultless; what was not acknowledged may be there', async () => {
  fill();
  expect(await verify()).toEqual({
    samples: NONE,
    counts: NONE,
    lines: NONE,
    checked: HOSTS * 50 * 11,
    read: HOSTS * 14,
  });
});

test('what another run of the same hosts sent before and after says nothing of this one', async () => {
  fill();
  for (const { metric, timestamps, values } of series) {
    const number = truths.findIndex((truth) => simulatedName(truth.number) === metric.instance);
    timestamps.unshift(timeOf(schedule, number, 0) - 60_001);
    values.unshift(hexOf(7));
  }
  lines.push(...lines.map((line) => ({ ...line, message: line.message!.replace(/(run=|"run":")\w+/, '$1other') })));
  const { samples, lines: said } = await verify();
  expect({ samples, said }).toEqual({ samples: NONE, said: NONE });
});

test('what was not acknowledged need not be there', async () => {
  fill();
  for (const { metric, timestamps, values } of series) {
    const number = truths.findIndex((truth) => simulatedName(truth.number) === metric.instance);
    const at = timestamps.indexOf(timeOf(schedule, number, 15));
    if (at < 0) continue;
    timestamps.splice(at, 1);
    values.splice(at, 1);
  }
  lines = lines.filter(({ message }) => tailOf(message!)!.number !== 14);
  expect(await verify()).toMatchObject({ samples: NONE, counts: NONE, lines: NONE });
});

test('every fault is found and called by its name', async () => {
  fill();
  const own = (name: string) => series.filter(({ metric }) => metric.instance === name);
  own('sim-0001')[0]!.values[2] = hexOf(12_345.678);
  own('sim-0002')[0]!.timestamps.pop();
  own('sim-0002')[0]!.timestamps.pop();
  own('sim-0003')[0]!.timestamps.push(own('sim-0003')[0]!.timestamps[1]!);
  own('sim-0003')[0]!.values.push(own('sim-0003')[0]!.values[1]!);
  own('sim-0004')[0]!.timestamps[0]! += 1;
  // A container's series goes on after the restart that ended it.
  const pod = own('sim-0001').find(({ metric }) => metric.pod === 'web-0')!;
  pod.timestamps.push(timeOf(schedule, 0, 13));
  pod.values.push(hexOf(1));
  // Five series that stay are gone: 60 samples, of which 55 were acknowledged, and 550 of the host.
  const gone = new Set(own('sim-0006').slice(0, 5));
  series = series.filter((one) => !gone.has(one));
  const found = await verify();
  expect(found.samples).toEqual({ altered: 1, missing: 2 + 55, doubled: 1, foreign: 2 });
  expect(found.counts).toMatchObject({ missing: 10, doubled: 2 });

  lines[3]!.message = `${lines[3]!.message}`.replace(/^./, '#');
  lines[4]!['@timestamp'] = new Date(0).toISOString();
  lines.push({ ...lines[5]! });
  lines.splice(20, 1);
  lines.push({ ...lines[0]!, message: 'nobody wrote this seq=0.99' });
  expect((await verify()).lines).toEqual({ altered: 2, doubled: 1, missing: 1, foreign: 1 });
});

test('a card number that was not masked is an altered line', async () => {
  fill();
  const planted = lines.filter(({ message }) => message!.includes('****************'));
  expect(planted.length).toBeGreaterThan(0);
  planted[0]!.message = planted[0]!.message!.replace('****************', '4111111111111111');
  expect((await verify()).lines).toEqual({ ...NONE, altered: 1 });
});

/** Looks until it is good or nothing comes any more; time passes only between two looks. */
async function verifyWhile(meanwhile: (look: number) => void) {
  let now = 0;
  let look = 0;
  const said: string[] = [];
  const found = await verifyUntilGood(truths, known, {
    core,
    hosts: HOSTS,
    seed: 1,
    idleMs: 10_000,
    clock: { mono: () => now },
    wait: async (ms) => {
      now += ms;
      meanwhile(look++);
    },
    say: (line) => said.push(line),
  });
  return { ...found, seconds: now / 1000, said };
}

test('a store that still fills is waited for, however long it takes', async () => {
  fill();
  const late = lines.splice(1, 40);
  const { verified, storedAfterSeconds, said } = await verifyWhile((look) => {
    // Every second look finds one line more.
    if (look % 2 === 1) lines.push(late.shift()!);
  });
  // Four seconds for each of 40 lines, the last of which need not come: far more than the ten it may stand still.
  expect(storedAfterSeconds).toBeGreaterThan(100);
  expect(verified.lines.missing).toBe(0);
  expect(said.at(-1)).toMatch(/ are there after \d+ s, /);
});

test('a store to which nothing more comes is given up, and what is missing counts', async () => {
  fill();
  const late = lines.splice(0, 3);
  const { verified, storedAfterSeconds, seconds, said } = await verifyWhile((look) => {
    if (look === 1) lines.push(late.pop()!);
  });
  expect(storedAfterSeconds).toBeNull();
  expect(verified.lines.missing).toBe(2);
  // One came at the second look, after four seconds.
  expect(seconds).toBe(14);
  expect(said.at(-1)).toMatch(/^2 of \d+ are missing, and no more came in 10 s$/);
});
