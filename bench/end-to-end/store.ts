import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startVictoriaMetrics } from '../engines/victoriametrics.ts';
import type { StoreKind } from './options.ts';

/** What stands behind the core. */
export interface BenchStore {
  /** As the table calls it. */
  readonly name: string;
  /** Null where it is in the core's own process. */
  readonly url: string | null;
  readonly pid: number | null;
  /** What the core's configuration says of it. */
  readonly config: object;
  stop(): Promise<void>;
}

export async function startStore(kind: StoreKind, requestSamples: number): Promise<BenchStore> {
  if (kind === 'embedded') return { name: 'embedded', url: null, pid: null, config: {}, stop: async () => undefined };
  const configOf = (url: string) => ({
    metrics: 'victoriametrics',
    victoriametrics: { addresses: [url], requestSamples },
  });
  if (kind === 'sink') {
    const { url, pid, stop } = await startSink();
    return { name: 'sink', url, pid, config: configOf(url), stop };
  }
  const engine = await startVictoriaMetrics(kind === 'victoriametrics-zstd');
  const url = engine.values.VICTORIA_METRICS_URL!;
  return { name: 'VictoriaMetrics', url, pid: await engine.pid(), config: configOf(url), stop: () => engine.stop() };
}

/** A server that takes remote write and counts it. @param encoding the only one that it takes; unless given it takes both */
export async function startSink(
  encoding?: 'zstd' | 'snappy',
): Promise<{ url: string; pid: number; stop: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL('remote-write-sink.ts', import.meta.url)), encoding ? [encoding] : [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    stop: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
