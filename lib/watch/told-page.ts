import { readExpositionText } from '../ingest/exposition/text.ts';

/**
 * A tier's page of metrics as a watch takes it in: the body of a request to /v1/ingest. Without times: those of the watch's own clock count, so that a
 * clock that is wrong here is not wrong there.
 * @param page in Prometheus' text format @param job stands on each series @throws HeliographError HG_SCRAPE_SYNTAX
 */
export function toldPage(page: string, job: string): string {
  const metrics: object[] = [];
  readExpositionText(page, ({ name, labels, value }) => {
    const pairs: Record<string, string> = {};
    for (let i = 0; i < labels.length; i += 2) pairs[labels[i]!] = labels[i + 1]!;
    metrics.push({ name, labels: pairs, value: Number.isFinite(value) ? value : wordOf(value) });
  });
  return JSON.stringify({ labels: { job }, metrics });
}

function wordOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
