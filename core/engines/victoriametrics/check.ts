import { HeliographError } from '../../../lib/errors.ts';
import type { LabelLimits } from '../../metrics/target-labels.ts';
import type { Address } from './address.ts';
import { answerError, engineError, type VictoriaMetricsClient } from './client.ts';
import { type Look, lookAt } from './look.ts';

export interface Checked {
  readonly limits: LabelLimits;
  /** After this it is on disk, ms. */
  readonly settleMs: number;
}

/** How the engine must be set up. */
export interface Wanted {
  /** How long it must keep what it is given, and the configuration's key that says so. */
  readonly retentionMs: number;
  readonly key: string;
  /** Of samples that are no further apart it keeps one, as a flag says it; and what goes wrong otherwise. */
  readonly dedup: string;
  readonly otherwise: string;
}

/** A store that has run this long after its answer has it on disk: measured, nothing younger than 8 s survives a kill of 1.79, everything older than 10 s does. */
const LEAST_SETTLE_MS = 15_000;
const DAY_MS = 86_400_000;

/**
 * Whether the engine can be used, as it is set up: what it would lose or alter is refused here.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING; HG_ENGINE_DOWN while it is down
 */
export async function checkVictoriaMetrics(
  client: VictoriaMetricsClient,
  addresses: readonly Address[],
  query: string,
  wanted: Wanted,
): Promise<Checked> {
  const limits = { maxLabels: 256, maxNameLength: 256, maxValueLength: 16_384 };
  let settleMs = LEAST_SETTLE_MS;
  for (const address of addresses) {
    await address.inspect();
    for (const look of address.looks) {
      checkStorage(look, address.url, wanted);
      const flush = parseGoDuration(look.flags.get('inmemoryDataFlushInterval') ?? '5s')!;
      settleMs = Math.max(settleMs, 3 * flush);
      narrow(limits, look);
    }
    for (const look of address.insertLooks) {
      checkInsert(look, address.url);
      narrow(limits, look);
      // It has to hand on what it answered before the storage nodes can keep it.
      settleMs = Math.max(settleMs, 2 * LEAST_SETTLE_MS);
    }
    await address.probe();
  }
  await checkQueries(client, addresses, query);
  for (const address of addresses) address.resume();
  return { limits, settleMs };
}

function narrow(limits: { -readonly [K in keyof LabelLimits]: number }, { flags }: Look): void {
  const least = (name: keyof LabelLimits, flag: string, otherwise: number) => {
    limits[name] = Math.min(limits[name], Number(flags.get(flag) ?? otherwise));
  };
  // What a version without the flag does.
  least('maxLabels', 'maxLabelsPerTimeseries', 30);
  least('maxValueLength', 'maxLabelValueLen', 1_024);
  least('maxNameLength', 'maxLabelNameLen', 256);
}

function checkInsert({ flags }: Look, url: string): void {
  if (flags.get('dropSamplesOnOverload') !== 'true') return;
  throw new HeliographError(
    'HG_ENGINE_SETTING',
    `an insert node behind ${url} runs with -dropSamplesOnOverload: it would drop samples behind a success. Start it without`,
  );
}

function checkStorage({ flags }: Look, url: string, wanted: Wanted): void {
  const dedup = flags.get('dedup.minScrapeInterval');
  if (dedup === undefined) {
    throw new HeliographError('HG_ENGINE_VERSION', `${url}: it has no flag -dedup.minScrapeInterval; 1.79 has`);
  }
  if (parseGoDuration(dedup) !== parseGoDuration(wanted.dedup)) {
    throw new HeliographError(
      'HG_ENGINE_SETTING',
      `${url} runs with -dedup.minScrapeInterval=${dedup}: start it with -dedup.minScrapeInterval=${wanted.dedup}. ${wanted.otherwise}`,
    );
  }
  const retention = parseRetention(flags.get('retentionPeriod') ?? '1');
  if (retention !== null && retention < wanted.retentionMs) {
    throw new HeliographError(
      'HG_ENGINE_SETTING',
      `${url} runs with -retentionPeriod=${flags.get('retentionPeriod')}, and ${wanted.key} is ${wanted.retentionMs / DAY_MS} days: it would drop what is older behind a success. Start it with -retentionPeriod=${Math.ceil(wanted.retentionMs / DAY_MS)}d or more, or keep less`,
    );
  }
}

async function checkQueries(
  client: VictoriaMetricsClient,
  addresses: readonly Address[],
  query: string,
): Promise<void> {
  const engine = `VictoriaMetrics at ${query}`;
  let answer: Awaited<ReturnType<VictoriaMetricsClient['ask']>>;
  try {
    answer = await client.ask(`${query.replace(/\/+$/, '')}/api/v1/query?query=1`);
  } catch (error) {
    throw engineError(engine, error);
  }
  if (answer.status !== 200) throw answerError(engine, answer.status, answer.body.toString());
  const looks = [...addresses.flatMap((address) => address.looks), await lookAtQuery(client, query)];
  for (const look of looks) {
    const offset = look?.flags.get('search.latencyOffset');
    if (offset === undefined || parseGoDuration(offset)! <= 1_000) continue;
    throw new HeliographError(
      'HG_ENGINE_SETTING',
      `${query} runs with -search.latencyOffset=${offset}: queries would not see what is newer. Start it with -search.latencyOffset=0s`,
    );
  }
}

/** What answers queries may be something else that speaks the same, and say nothing of itself. */
async function lookAtQuery(client: VictoriaMetricsClient, query: string): Promise<Look | null> {
  try {
    return await lookAt(client, query);
  } catch (error) {
    if (error instanceof HeliographError && error.code === 'HG_ENGINE_DOWN') throw error;
    return null;
  }
}

/** ms of a duration as Go prints it: 1ms, 30s, 1m30s, 0s; null if it is none. */
export function parseGoDuration(text: string): number | null {
  const units: Readonly<Record<string, number>> = {
    ns: 1e-6,
    us: 1e-3,
    µs: 1e-3,
    ms: 1,
    s: 1e3,
    m: 6e4,
    h: 3.6e6,
    d: DAY_MS,
  };
  if (/^0+$/.test(text)) return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d))+$/.test(text)) return null;
  let ms = 0;
  for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g))
    ms += Number(amount) * units[unit!]!;
  return ms;
}

/** ms of -retentionPeriod: a number is months of 31 days; null if it is something this does not know. */
export function parseRetention(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([hdwyM]?)$/.exec(text) ?? [];
  if (amount === undefined) return null;
  const days: Readonly<Record<string, number>> = { '': 31, M: 31, h: 1 / 24, d: 1, w: 7, y: 365 };
  return Number(amount) * days[unit!]! * DAY_MS;
}
