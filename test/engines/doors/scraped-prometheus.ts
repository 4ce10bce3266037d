import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Matrix, PrometheusAnswer } from '../../support/core/answers.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../start/${name}`, import.meta.url));

/** Debian's Prometheus, which scrapes a target of the test and writes what it gets to `url`. */
export class ScrapedPrometheus {
  readonly #target: Server;
  readonly #folder: string;
  scrapes = 0;
  url = '';

  private constructor(folder: string) {
    this.#folder = folder;
    this.#target = createServer((_, answer) => {
      this.scrapes++;
      answer.end(exposition(this.scrapes));
    });
  }

  /** @param url of remote write @param labels that it puts on all that it writes */
  static async start(url: string, labels: string): Promise<ScrapedPrometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-prometheus-'));
    const made = new ScrapedPrometheus(folder);
    const target = made.#target;
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const config = join(folder, 'prometheus.yml');
    const scraped = `127.0.0.1:${(target.address() as AddressInfo).port}`;
    await writeFile(
      config,
      [
        `global: { scrape_interval: 500ms, scrape_timeout: 400ms, external_labels: { ${labels} } }`,
        `remote_write: [{ url: '${url}', queue_config: { batch_send_deadline: 200ms, max_backoff: 500ms } }]`,
        `scrape_configs: [{ job_name: shop, static_configs: [{ targets: ['${scraped}'] }] }]`,
      ].join('\n'),
    );
    const { stdout } = await run(script('start-prometheus.sh'), [config], { env: made.#environment });
    made.url = /^PROMETHEUS_URL=(.*)$/m.exec(stdout)![1]!;
    return made;
  }

  /** The target is gone. */
  async endTarget(): Promise<void> {
    this.#target.closeAllConnections();
    await new Promise((resolve) => this.#target.close(resolve));
  }

  async stop(): Promise<void> {
    await run(script('stop.sh'), ['prometheus'], { env: this.#environment });
    this.#target.closeAllConnections();
    this.#target.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A run folder of its own: another Prometheus may be running for another test. */
  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, ENGINES_RUN: join(this.#folder, 'run') };
  }
}

/** All samples of the target that something with Prometheus' API has, up to `time` in s. */
export async function raw(base: string | URL, time: number): Promise<Matrix['result']> {
  const url = new URL('/api/v1/query', base);
  url.searchParams.set('query', '{job="shop"}[10m]');
  url.searchParams.set('time', String(time));
  const answer = (await (await fetch(url)).json()) as PrometheusAnswer<Matrix>;
  return answer.data.result;
}

export const key = (metric: Record<string, string>) => JSON.stringify(Object.entries(metric).sort());

export const count = (result: Matrix['result']) => result.reduce((sum, { values }) => sum + values.length, 0);

function exposition(scrapes: number): string {
  const series = Array.from({ length: 50 }, (_, i) => `work_total{worker="w${i}"} ${scrapes * i}`);
  return [
    '# TYPE work_total counter',
    ...series,
    '# TYPE latency_seconds histogram',
    `latency_seconds_bucket{le="0.1"} ${scrapes}`,
    `latency_seconds_bucket{le="+Inf"} ${scrapes * 2}`,
    `latency_seconds_sum ${scrapes * 0.3}`,
    `latency_seconds_count ${scrapes * 2}`,
    '# TYPE odd gauge',
    'odd{value="nan"} NaN',
    'odd{value="inf"} -Inf',
    'odd{value="tiny",path="a\\\\b\\"c\\nd é"} 1e-300',
    '',
  ].join('\n');
}
