import { type Findings, note } from './findings.ts';
import { jobOf } from './kinds.ts';
import { timeOf } from './schedule.ts';
import { type HostTruth, stepCounts } from './truth.ts';
import type { Known } from './verify-samples.ts';

/** Hosts of one question. */
const PAGE_HOSTS = 500;

interface Answer {
  readonly data: {
    readonly result: readonly { readonly metric: { readonly instance: string }; readonly value: [number, string] }[];
  };
}

/**
 * How many samples the store has of each host: no fewer than were acknowledged, no more than were sent. Cheap enough for all hosts, where
 * the values are compared for some.
 */
export async function verifyCounts(
  core: URL,
  truths: readonly HostTruth[],
  known: Known,
  findings: Findings,
): Promise<void> {
  const byJob = Map.groupBy(
    truths.filter(({ steps }) => steps.length > 0),
    ({ number }) => jobOf(known.kind(number).kind),
  );
  for (const [job, all] of byJob) {
    for (let at = 0; at < all.length; at += PAGE_HOSTS)
      await verifyPage(core, job, all.slice(at, at + PAGE_HOSTS), known, findings);
  }
}

async function verifyPage(
  core: URL,
  job: string,
  page: readonly HostTruth[],
  { schedule, kind }: Known,
  findings: Findings,
): Promise<void> {
  const first = Math.min(...page.map(({ number, steps }) => timeOf(schedule, number, steps[0]!.from)));
  const last = Math.max(...page.map(({ number, steps }) => timeOf(schedule, number, steps.at(-1)!.to)));
  const kinds = new Set(page.map(({ number }) => kind(number)));
  // A function over a range drops the name, and then series of two names may be alike: so one question a name.
  const metrics = new Set([...kinds].flatMap(({ pages }) => pages.series.map(({ name }) => name)));
  const instances = page.map(({ name }) => name).join('|');
  const found = new Map<string, number>();
  for (const metric of metrics) {
    const selector = `${metric}{instance=~${JSON.stringify(instances)},job=${JSON.stringify(job)}}`;
    // A range is open at its beginning.
    const query = `sum by (instance) (count_over_time(${selector}[${last - first + 1}ms]))`;
    for (const { metric: labels, value } of await ask(core, query, last / 1000))
      found.set(labels.instance, (found.get(labels.instance) ?? 0) + Number(value[1]));
  }
  for (const truth of page) {
    const series = kind(truth.number).values.count;
    const counts = stepCounts(truth);
    const [sent, acknowledged] = [counts.sent * series, counts.acknowledged * series];
    const there = found.get(truth.name) ?? 0;
    const label = `${truth.name}: ${there} samples, ${acknowledged} acknowledged, ${sent} sent`;
    findings.checked += acknowledged;
    if (there < acknowledged) note(findings, 'missing', label, acknowledged - there);
    else if (there > sent) note(findings, 'doubled', label, there - sent);
  }
}

async function ask(core: URL, query: string, time: number): Promise<Answer['data']['result']> {
  const body = new URLSearchParams({ query, time: String(time) });
  const answer = await fetch(new URL('/api/v1/query', core), { method: 'POST', body });
  if (!answer.ok) throw new Error(`${query.slice(0, 200)}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as Answer).data.result;
}
