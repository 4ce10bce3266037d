import { HeliographError } from '../../../lib/errors.ts';
import { selectorText } from '../../../lib/promql/selector-text.ts';
import { AnsweredQueries } from '../../metrics/answered-queries.ts';
import type { Matcher, MetricQueries, QueryOptions, SeriesSamples } from '../../ports/metric-store.ts';
import { answerError, engineError, type VictoriaMetricsClient } from './client.ts';
import { exported } from './export-line.ts';

type Fields = readonly (readonly [string, string])[];
type Answered = Awaited<ReturnType<MetricQueries['answer']>>;

/** How often it is looked whether anybody still wants the answer. */
const LOOK_MS = 50;
/** Samples in a batch of an export. */
const BATCH_SAMPLES = 200_000;
/** Where the data end: VictoriaMetrics says some figures behind them. Inside a JSON text a quote is escaped, and a label's value is no object. */
const BEHIND = Buffer.from('},"stats":{');
const DATA = Buffer.from('"data":');

/** Queries by the engine itself, in MetricsQL. */
export class EngineQueries extends AnsweredQueries implements MetricQueries {
  readonly #client: VictoriaMetricsClient;
  readonly #base: string;
  readonly #engine: string;

  /** @param base the address to which /api/v1/query is added */
  constructor(client: VictoriaMetricsClient, base: string) {
    super();
    this.#client = client;
    this.#base = base.replace(/\/+$/, '');
    this.#engine = `VictoriaMetrics at ${this.#base}`;
  }

  async answer(
    expression: string,
    at: number | { start: number; end: number; step: number },
    options: QueryOptions,
    limit: number,
  ): Promise<Answered> {
    const common: Fields = [
      ['query', expression],
      ['timeout', `${Math.ceil(options.timeoutMs)}ms`],
      // As Prometheus has it: by itself it guesses from how often a series has samples.
      ['max_lookback', `${options.lookbackMs}ms`],
      // Its cache moves the steps of a range, and does not know of samples that come late.
      ['nocache', '1'],
    ];
    const body =
      typeof at === 'number'
        ? await this.#ask('/api/v1/query', [...common, ['time', seconds(at)]], options)
        : await this.#ask(
            '/api/v1/query_range',
            [...common, ['start', seconds(at.start)], ['end', seconds(at.end)], ['step', `${at.step}ms`]],
            options,
          );
    return cutTo(dataOf(body, this.#engine), limit);
  }

  async series(
    matches: readonly string[],
    start: number,
    end: number,
    limit: number,
  ): Promise<Record<string, string>[]> {
    const fields = [...range(matches, start, end), ...(limit > 0 ? [['limit', String(limit)] as const] : [])];
    const all = await this.#list<Record<string, string>>('/api/v1/series', fields);
    return limit > 0 ? all.slice(0, limit) : all;
  }

  async labelNames(matches: readonly string[], start: number, end: number): Promise<string[]> {
    return (await this.#list<string>('/api/v1/labels', range(matches, start, end))).sort();
  }

  async labelValues(name: string, matches: readonly string[], start: number, end: number): Promise<string[]> {
    const path = `/api/v1/label/${encodeURIComponent(name)}/values`;
    return (await this.#list<string>(path, range(matches, start, end))).sort();
  }

  /** Raw samples; a series may come in several pieces. What is no number comes as NaN. */
  async *export(
    matchers: readonly (readonly Matcher[])[],
    start: number,
    end: number,
  ): AsyncGenerator<SeriesSamples[]> {
    const matches = matchers.length === 0 ? ['{__name__!=""}'] : matchers.map(selectorText);
    const fields: Fields = [...range(matches, start, end), ['max_rows_per_line', '10000'], ['reduce_mem_usage', '0']];
    let batch: SeriesSamples[] = [];
    let samples = 0;
    const lines = this.#client.lines(this.#engine, `${this.#base}/api/v1/export`, form(fields));
    for await (const line of lines) {
      if (line === '') continue;
      const one = exported(line);
      batch.push(one);
      samples += one.times.length;
      if (samples < BATCH_SAMPLES) continue;
      yield batch;
      batch = [];
      samples = 0;
    }
    if (batch.length > 0) yield batch;
  }

  async #list<T>(path: string, fields: Fields): Promise<T[]> {
    const body = await this.#ask(path, fields, null);
    return (JSON.parse(body.toString()) as { data: T[] }).data;
  }

  async #ask(path: string, fields: Fields, options: QueryOptions | null): Promise<Buffer> {
    const stop = options?.stop;
    const given = new AbortController();
    const timer = stop && setInterval(() => Atomics.load(stop, 0) !== 0 && given.abort(), LOOK_MS);
    try {
      const { status, body } = await this.#client.ask(this.#base + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form(fields),
        signal: given.signal,
        // It ends the query by itself before.
        ...(options === null ? {} : { timeoutMs: options.timeoutMs + 5_000 }),
      });
      if (status === 200) return body;
      throw queryError(this.#engine, status, body.toString());
    } catch (error) {
      if (given.signal.aborted) throw new HeliographError('HG_QUERY_CANCELED', 'nobody waits for the answer any more');
      throw engineError(this.#engine, error);
    } finally {
      clearInterval(timer);
    }
  }
}

function seconds(ms: number): string {
  return String(ms / 1_000);
}

function form(fields: Fields): string {
  return new URLSearchParams(fields as [string, string][]).toString();
}

function range(matches: readonly string[], start: number, end: number): Fields {
  return [...matches.map((match) => ['match[]', match] as const), ['start', seconds(start)], ['end', seconds(end)]];
}

/** The text of `data` in an answer, without reading it: it may be hundreds of MB. */
function dataOf(body: Buffer, engine: string): { json: Buffer; partial: boolean } {
  const at = body.indexOf(DATA);
  const behind = body.lastIndexOf(BEHIND);
  const end = behind > at ? behind + 1 : body.lastIndexOf('}');
  if (at < 0 || end <= at) throw new HeliographError('HG_ENGINE_DOWN', `${engine}: half an answer`);
  const head = body.subarray(0, at).toString();
  return { json: body.subarray(at + DATA.length, end), partial: head.includes('"isPartial":true') };
}

function cutTo({ json, partial }: { json: Buffer; partial: boolean }, limit: number): Answered {
  const warnings = partial
    ? ['the answer is not whole: a storage node of the metric store did not answer (isPartial)']
    : [];
  if (limit > 0) {
    const data = JSON.parse(json.toString()) as { resultType: string; result: unknown[] };
    if ((data.resultType === 'vector' || data.resultType === 'matrix') && data.result.length > limit) {
      const short = Buffer.from(JSON.stringify({ ...data, result: data.result.slice(0, limit) }));
      return { json: short, cut: true, warnings, infos: [], partial };
    }
  }
  return { json, cut: false, warnings, infos: [], partial };
}

/** The engine's words as one of the query errors of ours; 422 is what it says of most that is wrong with a query. */
function queryError(engine: string, status: number, text: string): HeliographError {
  if (status !== 400 && status !== 422) return answerError(engine, status, text);
  const words = wordsOf(text);
  if (/timeout|deadline/i.test(words)) return new HeliographError('HG_QUERY_TIMEOUT', words);
  if (/-search\.max|exceeds|too many/i.test(words)) return new HeliographError('HG_QUERY_LIMIT', words);
  if (/cannot parse|unparsed|unexpected|regexp/i.test(words)) return new HeliographError('HG_QUERY_SYNTAX', words);
  return new HeliographError('HG_QUERY_EXECUTION', words);
}

function wordsOf(text: string): string {
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text).slice(0, 1_000);
  } catch {
    // Not JSON: its plain words.
    return text.slice(0, 1_000);
  }
}
