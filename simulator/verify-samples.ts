import { isRounded, largestOf } from './rounding.ts';
import type { HostTruth } from './truth.ts';
import type { SimulatedValues } from './values.ts';

/** What a comparison found. Each list is cut at `EXAMPLES`; the counts are whole. */
export interface Findings {
  checked: number;
  missing: number;
  altered: number;
  doubled: number;
  /** In the store, but never sent. */
  foreign: number;
  readonly examples: string[];
}

const EXAMPLES = 20;

export function emptyFindings(): Findings {
  return { checked: 0, missing: 0, altered: 0, doubled: 0, foreign: 0, examples: [] };
}

export function note(findings: Findings, kind: 'missing' | 'altered' | 'doubled' | 'foreign', what: string): void {
  findings[kind]++;
  if (findings.examples.length < EXAMPLES) findings.examples.push(`${kind}: ${what}`);
}

interface ExportedSeries {
  readonly metric: Record<string, string>;
  readonly timestamps: readonly number[];
  /** Eight bytes big endian in hex: no rounding between the store and this comparison. */
  readonly values: readonly string[];
}

/**
 * Compares a host's samples in the store, bit by bit, with what it sent. Everything acknowledged has to be there, once;
 * what was sent and not acknowledged may be there; anything else may not.
 * The store is read by its raw export over HTTP, and nothing of the pipeline's code is used.
 */
export async function verifySamples(
  core: URL,
  truth: HostTruth,
  values: SimulatedValues,
  findings: Findings,
): Promise<void> {
  if (truth.rows.length === 0) return;
  const keys = new Map<string, number>(
    values.series.map(({ name, labels }, at) => [seriesKey(name, Object.fromEntries(labels)), at]),
  );
  const seen = new Map<number, Uint8Array>();
  const row = new Float64Array(values.series.length);
  const bits = new DataView(row.buffer);
  const expected = new Map<number, string[]>();
  const largest = new Float64Array(values.series.length);
  for (const { step, time } of truth.rows) {
    values.row(truth.number, step, row);
    row.forEach((value, at) => {
      largest[at] = largestOf([largest[at]!, value]);
    });
    expected.set(
      time,
      Array.from(row, (_, at) => hex64(bits, at)),
    );
    seen.set(time, new Uint8Array(values.series.length));
  }
  const url = new URL('/api/v1/export', core);
  url.searchParams.set('match[]', `{instance=${JSON.stringify(truth.host)},job="node"}`);
  url.searchParams.set('start', String(truth.rows[0]!.time / 1000));
  url.searchParams.set('end', String(truth.rows.at(-1)!.time / 1000));
  const answer = await fetch(url);
  // An engine that rounds says so; then its documented rounding is allowed, and nothing else.
  const rounds = answer.headers.get('heliograph-exact') === 'no';
  for await (const line of linesOf<ExportedSeries>(answer)) {
    const { __name__: name = '', instance: _instance, site: _site, job: _job, ...labels } = line.metric;
    const at = keys.get(seriesKey(name, labels));
    const label = `${truth.host} ${name}${JSON.stringify(labels)}`;
    if (at === undefined) {
      note(findings, 'foreign', `${label}: this series was never sent`);
      continue;
    }
    line.timestamps.forEach((time, i) => {
      const want = expected.get(time)?.[at];
      if (want === undefined) note(findings, 'foreign', `${label} at ${time}: never sent`);
      else if (seen.get(time)![at]!++ > 0) note(findings, 'doubled', `${label} at ${time}`);
      else if (line.values[i] !== want && !(rounds && isRounded(double(want), double(line.values[i]!), largest[at]!)))
        note(findings, 'altered', `${label} at ${time}: ${line.values[i]}, sent ${want}`);
    });
  }
  for (const { time, acknowledged } of truth.rows) {
    if (!acknowledged) continue;
    const there = seen.get(time)!;
    findings.checked += there.length;
    there.forEach((count, at) => {
      if (count === 0)
        note(
          findings,
          'missing',
          `${truth.host} ${values.series[at]!.name}${JSON.stringify(values.series[at]!.labels)} at ${time}`,
        );
    });
  }
}

/** A label with an empty value is no label: Prometheus' data model. */
function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const { instance: _instance, site: _site, job: _job, ...own } = labels;
  return JSON.stringify([
    name,
    Object.entries(own)
      .filter(([, value]) => value !== '')
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

function hex64(view: DataView, at: number): string {
  // Float64Array is little endian on every machine this runs on.
  return view
    .getBigUint64(at * 8, true)
    .toString(16)
    .padStart(16, '0');
}

function double(hex: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

/** One JSON value a line, from an HTTP answer, as they come. */
export async function* jsonLines<T>(url: URL): AsyncGenerator<T> {
  yield* linesOf<T>(await fetch(url));
}

async function* linesOf<T>(answer: Response): AsyncGenerator<T> {
  if (!answer.ok || !answer.body) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  let rest = '';
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}
