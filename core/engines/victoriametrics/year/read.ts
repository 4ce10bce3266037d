import { HeliographError } from '../../../../lib/errors.ts';
import type { SeriesSamples } from '../../../ports/metric-store.ts';
import { answerError, engineError, type VictoriaMetricsClient } from '../client.ts';
import { exported } from '../export-line.ts';

/** The engine's own bound of a list of names: a list that long may not be all of them. */
const MOST_NAMES = 100_000;

/** What windows are computed from: the samples of the full tier, a metric name at a time, as a stream. */
export class SampleReader {
  readonly #client: VictoriaMetricsClient;
  readonly #base: string;
  readonly #engine: string;

  /** @param base the address to which /api/v1/export is added */
  constructor(client: VictoriaMetricsClient, base: string) {
    this.#client = client;
    this.#base = base.replace(/\/+$/, '');
    this.#engine = `VictoriaMetrics at ${this.#base}`;
  }

  /**
   * Metric names that may have samples in [start, end], ms; more than that, since the engine knows names by day.
   * @throws HeliographError HG_ENGINE_...
   */
  async names(start: number, end: number): Promise<string[]> {
    const fields = form([
      ['start', seconds(start)],
      ['end', seconds(end)],
      ['deny_partial_response', '1'],
    ]);
    let answer: Awaited<ReturnType<VictoriaMetricsClient['ask']>>;
    try {
      answer = await this.#client.ask(`${this.#base}/api/v1/label/__name__/values?${fields}`);
    } catch (error) {
      throw engineError(this.#engine, error);
    }
    if (answer.status !== 200) throw answerError(this.#engine, answer.status, answer.body.toString());
    const { data } = JSON.parse(answer.body.toString()) as { data: string[] };
    if (data.length < MOST_NAMES) return data;
    throw new HeliographError(
      'HG_ENGINE_SETTING',
      `${this.#engine} has ${data.length} metric names, and may have more: windows need the list of them whole`,
    );
  }

  /**
   * The samples of every series of a name, or of some hosts, in [start, end], ms, each series once and whole, as they come.
   * @throws HeliographError HG_ENGINE_..., also after some of them
   */
  async *samples(of: string | readonly string[], start: number, end: number): AsyncGenerator<SeriesSamples> {
    const fields = form([
      ['match[]', typeof of === 'string' ? `{__name__=${JSON.stringify(of)}}` : selectorOf(of)],
      ['start', seconds(start)],
      ['end', seconds(end)],
      ['reduce_mem_usage', '0'],
      // Windows of a part of the series would look as if they were all.
      ['deny_partial_response', '1'],
    ]);
    try {
      for await (const line of this.#client.lines(this.#engine, `${this.#base}/api/v1/export`, fields)) {
        if (line !== '') yield exported(line);
      }
    } catch (error) {
      throw engineError(this.#engine, error);
    }
  }
}

/** Series of these hosts, by the label `instance`. */
function selectorOf(instances: readonly string[]): string {
  const pattern = instances.map((instance) => instance.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')).join('|');
  return `{instance=~${JSON.stringify(pattern)}}`;
}

function seconds(ms: number): string {
  return String(ms / 1_000);
}

function form(fields: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(fields as [string, string][]).toString();
}
