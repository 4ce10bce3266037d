import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { QueryData } from '../../../core/ports/metric-store.ts';
import type { Answer } from './compare.ts';
import type { Query } from './queries.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(`../start/${name}`, import.meta.url));

/** Starts the real Prometheus (or finds the one the script started before) and gives its address. */
export async function startPrometheus(): Promise<string> {
  // An engine left from another run has that run's data.
  await stopPrometheus();
  const { stdout } = await run(script('start-prometheus.sh'));
  const url = /^PROMETHEUS_URL=(.*)$/m.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`start-prometheus.sh printed no PROMETHEUS_URL: ${stdout}`);
  return url;
}

export async function stopPrometheus(): Promise<void> {
  await run(script('stop.sh'), ['prometheus']);
}

export async function ask(url: string, { text, time, range }: Query): Promise<Answer> {
  const body = new URLSearchParams({ query: text });
  if (range === undefined) body.set('time', String(time / 1000));
  else {
    body.set('start', String(time / 1000));
    body.set('end', String(range.end / 1000));
    body.set('step', String(range.step / 1000));
  }
  const response = await fetch(`${url}/api/v1/${range === undefined ? 'query' : 'query_range'}`, {
    method: 'POST',
    body,
  });
  const answer = (await response.json()) as { status: string; data: QueryData; error?: string };
  return answer.status === 'success' ? { data: answer.data } : { error: answer.error ?? `status ${response.status}` };
}
