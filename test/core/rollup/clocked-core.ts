import { fileURLToPath } from 'node:url';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import { ClockedProcess } from '../../support/clocked-process.ts';
import { freePort } from '../../support/free-port.ts';

const SCRIPT = fileURLToPath(new URL('clocked-core-process.ts', import.meta.url));

/** A core as a process of its own, which can be killed, and whose time stands still until it is told another. */
export class ClockedCore {
  readonly #process: ClockedProcess<{ http: number }>;
  readonly port: number;
  #http = 0;

  private constructor(config: object, time: number, port: number) {
    this.#process = new ClockedProcess(SCRIPT, { ...config, ingest: { listen: `127.0.0.1:${port}` } }, time);
    this.port = port;
  }

  /** @param config as its file would have it, but for the ports @param time ms since the epoch */
  static async make(config: object, time: number): Promise<ClockedCore> {
    return new ClockedCore(config, time, await freePort());
  }

  /** Resolves when relays can connect. */
  async start(): Promise<void> {
    this.#http = (await this.#process.start()).http;
  }

  pass(time: number): void {
    this.#process.pass(time);
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }

  async json<T>(path: string): Promise<T> {
    return (await fetch(`http://127.0.0.1:${this.#http}${path}`)).json() as Promise<T>;
  }

  /** Values at a time, as name{labels}. */
  async values(selector: string, time: number): Promise<Record<string, number>> {
    const query = new URLSearchParams({ query: selector, time: String(time / 1000) });
    const { data } = await this.json<{ data: QueryData }>(`/api/v1/query?${query}`);
    if (data.resultType !== 'vector') throw new Error(data.resultType);
    return Object.fromEntries(
      data.result.map(({ metric: { __name__, ...labels }, value }) => {
        const text = Object.entries(labels).map(([name, of]) => `${name}=${of}`);
        return [`${__name__}{${text.sort().join()}}`, Number(value[1])];
      }),
    );
  }

  /** The value of a metric, with its labels as they are written; 0 if it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#http}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line ? Number(line.slice(name.length + 1)) : 0;
  }
}
