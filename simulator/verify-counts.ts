import { type Findings, note } from './findings.ts';
import { jobOf } from './kinds.ts';
import { simulatedName } from './names.ts';
import { timeOf } from './schedule.ts';
import { type HostTruth, stepCounts } from './truth.ts';
import type { Known } from './verify-samples.ts';

/** Hosts of one question. */
const PAGE_HOSTS = 50;

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
  { schedule, kind }: Known,
  findings: Findings,
): Promise<void> {
  const byJob = Map.groupBy(
    truths.filter(({ steps }) => steps.length > 0),
    ({ number }) => jobOf(kind(number).kind),
  );
  for (const [job, all] of byJob) {
    for (let at = 0; at < all.length; at += PAGE_HOSTS) {
      const page = all.slice(at, at + PAGE_HOSTS);
      const names = page.map(({ number }) => simulatedName(number)).join('|');
      const first = Math.min(...page.map(({ number, steps }) => timeOf(schedule, number, steps[0]!.from)));
      const last = Math.max(...page.map(({ number, steps }) => timeOf(schedule, number, steps.at(-1)!.to)));
      const selector = `{instance=~${JSON.stringify(names)},job=${JSON.stringify(job)}}`;
      const url = new URL('/api/v1/query', core);
      // A range is open at its beginning.
      url.searchParams.set('query', `sum by (instance) (count_over_time(${selector}[${last - first + 1}ms]))`);
      url.searchParams.set('time', String(last / 1000));
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${url.href}: ${answer.status} ${await answer.text()}`);
      const { data } = (await answer.json()) as Answer;
      const found = new Map(data.result.map(({ metric, value }) => [metric.instance, Number(value[1])]));
      for (const truth of page) {
        const series = kind(truth.number).values.count;
        const { sent, acknowledged } = stepCounts(truth);
        const there = found.get(simulatedName(truth.number)) ?? 0;
        const label = `${simulatedName(truth.number)}: ${there} samples, ${acknowledged * series} acknowledged, ${sent * series} sent`;
        findings.checked += acknowledged * series;
        if (there < acknowledged * series) note(findings, 'missing', label, acknowledged * series - there);
        else if (there > sent * series) note(findings, 'doubled', label, there - sent * series);
      }
    }
  }
}
