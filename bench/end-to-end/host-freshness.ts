import { setTimeout as wait } from 'node:timers/promises';
import { simulatedName } from '../../simulator/names.ts';
import type { Probed } from '../engines/probe.ts';
import { ask } from './ask.ts';
import { becomesTrue } from './until-true.ts';

/** Hosts that are looked at, spread over the fleet. */
const LOOKED_AT = 5;
const LOOK_MS = 25;
/** Clocks of timers and of the store differ by this at most. */
const SLACK_MS = 5;

interface Answer {
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/**
 * How long samples of simulated hosts take, all the way and by real queries: when a host's next frame is made is known (one each `periodMs`, as of its
 * newest sample), and from then on the core is asked for that sample until it has it. What is not there in `limitMs` is null. No sample is begun to
 * be looked for after `signal` says stop; one that is being looked for is seen to its end, since it is the slow ones that are found waiting there.
 */
export async function hostFreshness(
  core: URL,
  hosts: number,
  periodMs: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<Probed[]> {
  const count = Math.min(LOOKED_AT, hosts);
  const numbers = Array.from({ length: count }, (_, i) => Math.floor((i * hosts) / count));
  return (await Promise.all(numbers.map((number) => ofHost(core, number, periodMs, limitMs, signal)))).flat();
}

async function ofHost(core: URL, number: number, periodMs: number, limitMs: number, signal: AbortSignal) {
  const found: Probed[] = [];
  const asked = performance.now();
  const selector = await someSeries(core, simulatedName(number), limitMs);
  if (selector === null) return [{ at: asked, ms: null }];
  const newest = () => newestOf(core, selector);
  // Until the first one changes it is not known where in a frame it stands; one is made within a period.
  let last = await newest();
  const before = last;
  const begun = await becomesTrue(periodMs + limitMs, LOOK_MS, async () => {
    last = await newest();
    return last > before;
  });
  if (!begun) return [{ at: asked, ms: null }];
  while (!signal.aborted) {
    // Also when it was due while the one before was waited for: frames that come late come late together.
    const due = last + periodMs;
    await pause(due - Date.now(), signal);
    if (signal.aborted) break;
    const at = performance.now();
    const late = Date.now() - due;
    const there = await becomesTrue(limitMs, LOOK_MS, async () => (await newest()) >= due - SLACK_MS);
    found.push({ at, ms: there ? performance.now() - at + late : null });
    last = due;
  }
  return found;
}

/** The time of the newest sample, ms since the epoch; 0 where there is none. */
async function newestOf(core: URL, selector: string): Promise<number> {
  const query = new URL('/api/v1/query', core);
  query.searchParams.set('query', `timestamp(${selector})`);
  const { data } = (await (await ask(query)).json()) as Answer;
  return Number(data?.result[0]?.value[1] ?? 0) * 1_000;
}

/** A series of the host that stays when it restarts; null where there is none within the time. */
async function someSeries(core: URL, host: string, withinMs: number): Promise<string | null> {
  const url = new URL('/api/v1/series', core);
  url.searchParams.set('match[]', `{instance="${host}"}`);
  url.searchParams.set('start', String(Date.now() / 1_000 - 300));
  let labels: Record<string, string> | undefined;
  await becomesTrue(withinMs, 250, async () => {
    const { data } = (await (await ask(url)).json()) as { data?: Record<string, string>[] };
    labels = data?.find((one) => one.pod === undefined && one.job !== undefined);
    return labels !== undefined;
  });
  if (labels === undefined) return null;
  const { __name__: name, ...others } = labels;
  const matchers = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${matchers.join(',')}}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(Math.max(0, ms), undefined, { signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
}
