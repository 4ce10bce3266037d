import { HeliographError } from '../../../lib/errors.ts';
import { answerError, engineError, type VictoriaMetricsClient } from './client.ts';

/** What a process of VictoriaMetrics says of itself on /metrics. */
export interface Look {
  /** Its flags, those not set too. */
  readonly flags: ReadonlyMap<string, string>;
  /** Whole seconds since the epoch; another number is another life, which may have lost what it had in memory. */
  readonly started: number;
  /** Seconds. */
  readonly uptime: number;
  /** Rows it dropped behind a success, by reason. */
  readonly ignored: ReadonlyMap<string, number>;
  readonly bytes: number;
}

/**
 * Looks at a process: `address` with any path.
 * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN, HG_ENGINE_ADDRESS where it is no VictoriaMetrics, HG_ENGINE_VERSION where it is too old
 */
export async function lookAt(client: VictoriaMetricsClient, address: string): Promise<Look> {
  const url = new URL('/metrics', address).href;
  const engine = `VictoriaMetrics at ${url}`;
  let answer: Awaited<ReturnType<VictoriaMetricsClient['ask']>>;
  try {
    answer = await client.ask(url, { timeoutMs: 5_000 });
  } catch (error) {
    throw engineError(engine, error);
  }
  if (answer.status !== 200) throw answerError(engine, answer.status, answer.body.toString());
  return readLook(answer.body.toString(), engine);
}

/** @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_VERSION */
export function readLook(text: string, engine: string): Look {
  const flags = new Map<string, string>();
  const ignored = new Map<string, number>();
  let started = Number.NaN;
  let uptime = Number.NaN;
  let known = false;
  let bytes = 0;
  for (const line of text.split('\n')) {
    const value = Number(line.slice(line.lastIndexOf(' ') + 1));
    if (line.startsWith('flag{')) {
      const [, name, set] = /^flag\{name="([^"]*)", ?value="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
      if (name !== undefined) flags.set(name, set!);
    } else if (line.startsWith('process_start_time_seconds')) started = value;
    else if (line.startsWith('vm_app_uptime_seconds')) uptime = value;
    else if (line.startsWith('vm_app_version')) known = true;
    else if (line.startsWith('vm_data_size_bytes')) bytes += value;
    else if (line.startsWith('vm_rows_ignored_total')) {
      const reason = /reason="([^"]*)"/.exec(line)?.[1] ?? 'unknown';
      ignored.set(reason, (ignored.get(reason) ?? 0) + value);
    }
  }
  if (!known) throw new HeliographError('HG_ENGINE_ADDRESS', `${engine}: what answers is no VictoriaMetrics`);
  if (flags.size === 0 || Number.isNaN(started) || Number.isNaN(uptime)) {
    throw new HeliographError(
      'HG_ENGINE_VERSION',
      `${engine}: it says neither its flags nor when it was started; version 1.79 does`,
    );
  }
  return { flags, started, uptime, ignored, bytes };
}
