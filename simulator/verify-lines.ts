import { Ranges } from '../lib/ranges.ts';
import { type Findings, note } from './findings.ts';
import { jsonLines } from './json-lines.ts';
import { tailOf } from './line-tails.ts';
import { MaskedLines } from './masked-lines.ts';
import type { HostTruth, LineSpan } from './truth.ts';

interface ExportedLine {
  readonly '@timestamp': string;
  readonly message: string;
  readonly 'log.level': string;
  readonly 'service.name': string;
  readonly 'host.name': string;
}

/** One host's lines, and which were seen. */
class ExpectedLines {
  readonly truth: HostTruth;
  readonly count: number;
  readonly seen: Uint8Array;
  readonly open: Ranges;

  constructor(truth: HostTruth) {
    this.truth = truth;
    const last = truth.lines.at(-1);
    this.count = last ? last.first + last.count : 0;
    this.seen = new Uint8Array(this.count);
    this.open = new Ranges(truth.openLines);
  }

  /** When a line was written, by the host's clock. */
  time(number: number): number {
    const span = this.truth.lines.findLast(({ first }) => first <= number)!;
    return timeIn(span, number) + this.truth.skew;
  }
}

/**
 * Compares the lines of all hosts in the store with what they sent, by the number each line carries: every acknowledged one is there once,
 * with its text as it was after masking, its level, service and time.
 * @param startedAt of the run: lines of other runs stand beside its own
 */
export async function verifyLines(
  core: URL,
  truths: readonly HostTruth[],
  startedAt: number,
  findings: Findings,
): Promise<void> {
  const hosts = new Map(
    truths.filter(({ lines }) => lines.length > 0).map((truth) => [truth.name, new ExpectedLines(truth)]),
  );
  if (hosts.size === 0) return;
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const { truth, time, count } of all(hosts)) {
    start = Math.min(start, time(truth.lines[0]!.first));
    end = Math.max(end, time(count - 1) + 1);
  }
  const masked = new MaskedLines(startedAt);
  const url = new URL('/api/v1/logs/export', core);
  url.searchParams.set('start', String(start / 1000));
  url.searchParams.set('end', String(end / 1000));
  for await (const line of jsonLines<ExportedLine>(url)) {
    const expected = hosts.get(line['host.name']);
    if (expected && (tailOf(line.message)?.run ?? masked.run) === masked.run) compare(expected, line, masked, findings);
  }
  for (const expected of hosts.values()) {
    const { truth, count, seen, open } = expected;
    for (let number = truth.lines[0]!.first; number < count; number++) {
      if (open.has(number)) continue;
      findings.checked++;
      if (seen[number] === 0) {
        const { message } = masked.line(truth.number, number);
        note(findings, 'missing', `line ${truth.number}.${number}: ${message.slice(0, 80)}`);
      }
    }
  }
}

function* all(hosts: ReadonlyMap<string, ExpectedLines>) {
  for (const one of hosts.values()) yield { truth: one.truth, count: one.count, time: (n: number) => one.time(n) };
}

function compare(expected: ExpectedLines, line: ExportedLine, masked: MaskedLines, findings: Findings): void {
  const { truth, count, seen } = expected;
  const tail = tailOf(line.message);
  if (tail === null || tail.host !== truth.number || tail.number >= count) {
    note(findings, 'foreign', `a line of ${line['host.name']}: ${line.message.slice(0, 80)}`);
    return;
  }
  const { number } = tail;
  const label = `line ${tail.host}.${number} of ${line['host.name']}`;
  if (seen[number]! > 0) {
    note(findings, 'doubled', label);
    return;
  }
  seen[number] = 1;
  const want = masked.line(truth.number, number);
  const same =
    line.message === want.message &&
    line['log.level'] === want.level &&
    line['service.name'] === want.service &&
    Date.parse(line['@timestamp']) === expected.time(number);
  if (!same) note(findings, 'altered', `${label}: ${JSON.stringify(line).slice(0, 200)}`);
}

/** When a line of a span was written, by a clock that is right. */
export function timeIn({ first, start, every }: LineSpan, number: number): number {
  return Math.floor(start + (number - first) * every);
}
