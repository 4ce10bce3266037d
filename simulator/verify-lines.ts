import type { HostTruth, SentLine } from './truth.ts';
import { type Findings, jsonLines, note } from './verify-samples.ts';

interface ExportedLine {
  readonly '@timestamp': string;
  readonly message: string;
  readonly 'log.level': string;
  readonly 'service.name': string;
  readonly 'host.name': string;
}

/**
 * Compares the lines of all hosts in the store with what they sent, by the number each line carries: every acknowledged
 * one is there once, with its text, level, service and time.
 */
export async function verifyLines(core: URL, truths: readonly HostTruth[], findings: Findings): Promise<void> {
  const sent = new Map<string, SentLine>();
  const numbers = new Map<string, number>();
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const truth of truths) {
    numbers.set(truth.host, truth.number);
    for (const line of truth.lines) {
      sent.set(`${truth.number}.${line.number}`, line);
      start = Math.min(start, line.time);
      end = Math.max(end, line.time + 1);
    }
  }
  if (sent.size === 0) return;
  const seen = new Set<string>();
  const url = new URL('/api/v1/logs/export', core);
  url.searchParams.set('start', String(start / 1000));
  url.searchParams.set('end', String(end / 1000));
  for await (const line of jsonLines<ExportedLine>(url)) {
    const number = numbers.get(line['host.name']);
    if (number === undefined) continue;
    const key = /seq=(\d+\.\d+)$/.exec(line.message)?.[1] ?? '';
    const label = `line ${key} of ${line['host.name']}`;
    const want = sent.get(key);
    if (!want || !key.startsWith(`${number}.`)) note(findings, 'foreign', `${label}: ${line.message.slice(0, 80)}`);
    else if (seen.has(key)) note(findings, 'doubled', label);
    else {
      seen.add(key);
      const same =
        line.message === want.message &&
        line['log.level'] === want.level &&
        line['service.name'] === want.service &&
        Date.parse(line['@timestamp']) === want.time;
      if (!same) note(findings, 'altered', `${label}: ${JSON.stringify(line).slice(0, 200)}`);
    }
  }
  for (const [key, line] of sent) {
    if (!line.acknowledged) continue;
    findings.checked++;
    if (!seen.has(key)) note(findings, 'missing', `line ${key}: ${line.message.slice(0, 80)}`);
  }
}
