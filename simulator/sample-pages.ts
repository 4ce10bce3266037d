import { stepsFrom } from './expected-samples.ts';
import { jobOf } from './kinds.ts';
import type { HostTruth } from './truth.ts';
import type { Known } from './verify-samples.ts';

/** Samples of one question to the store; one host may have more by itself. */
const PAGE_SAMPLES = 300_000;

/** Hosts of one job, as many as make a page of `most` samples; one that has more is a page of its own. */
export function* pagesOf(
  truths: readonly HostTruth[],
  { kind }: Pick<Known, 'kind'>,
  most = PAGE_SAMPLES,
): Generator<readonly HostTruth[]> {
  const open = new Map<string, { hosts: HostTruth[]; samples: number }>();
  for (const truth of truths) {
    if (truth.steps.length === 0) continue;
    const { kind: name, values } = kind(truth.number);
    const samples = stepsFrom(truth).length * values.count;
    let page = open.get(jobOf(name));
    if (page && page.samples + samples > most) {
      yield page.hosts;
      page = undefined;
    }
    if (!page) {
      page = { hosts: [], samples: 0 };
      open.set(jobOf(name), page);
    }
    page.hosts.push(truth);
    page.samples += samples;
  }
  for (const { hosts } of open.values()) yield hosts;
}
