import { PREFIX, USUAL_HOSTS } from '../settings.ts';

/** `victoriametrics-zstd`: a newer one, which takes zstd. */
export type StoreKind = 'victoriametrics' | 'victoriametrics-zstd' | 'embedded' | 'sink';

/** What is run; all of it by environment, with defaults for a small machine. */
export interface EndToEndOptions {
  readonly hosts: number;
  readonly series: number;
  readonly intervalMs: number;
  /** Samplings of a host in a frame. */
  readonly instants: number;
  readonly seconds: number;
  /** Lines a second, over all hosts. */
  readonly logs: number;
  readonly store: StoreKind;
  /** Processes of the simulator. */
  readonly workers: number;
  /** One run for each of 1, 2, 5 and 10 instants a frame. */
  readonly curve: boolean;
  /** Afterwards every sample in the store is compared with what was sent; the load goes on until the time is over. */
  readonly verify: boolean;
}

/** Hosts that the simulator connects in a second, about, their certificates made included. */
export const CONNECT_A_SECOND = 100;
const STORES: readonly StoreKind[] = ['victoriametrics', 'victoriametrics-zstd', 'embedded', 'sink'];

/**
 * What the environment says. HELIOGRAPH_BENCH_RATE, samples a second over all hosts, stands for an interval.
 * @param usual where the environment says nothing
 * @throws TypeError that names the variable and what it may be
 */
export function endToEndOptions(
  env: NodeJS.ProcessEnv,
  usual: Partial<Pick<EndToEndOptions, 'hosts' | 'seconds' | 'store'>> = {},
): EndToEndOptions {
  const number = (name: string, otherwise: number, least: number): number => {
    const text = env[PREFIX + name];
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new TypeError(`${PREFIX}${name} is ${text}; give a whole number, at least ${least}`);
    }
    return value;
  };
  const store = env[`${PREFIX}STORE`] ?? usual.store ?? 'victoriametrics';
  if (!STORES.includes(store as StoreKind)) {
    throw new TypeError(`${PREFIX}STORE is ${store}; give one of ${STORES.join(', ')}`);
  }
  const curve = env[`${PREFIX}CURVE`] === '1';
  const hosts = number('HOSTS', usual.hosts ?? USUAL_HOSTS['end-to-end'], 1);
  const series = number('SERIES', 100, 1);
  const rate = number('RATE', 0, 0);
  if (rate > 0 && env[`${PREFIX}INTERVAL_MS`] !== undefined) {
    throw new TypeError(`${PREFIX}RATE and ${PREFIX}INTERVAL_MS say the same twice; give one of them`);
  }
  const intervalMs = rate > 0 ? Math.round((hosts * series * 1_000) / rate) : number('INTERVAL_MS', 1_000, 10);
  if (intervalMs < 10) {
    throw new TypeError(
      `${PREFIX}RATE is ${rate}: one sample in ${intervalMs} ms of each series; give more hosts or series`,
    );
  }
  return {
    hosts,
    series,
    intervalMs,
    instants: number('INSTANTS', 5, 1),
    // A curve is four runs.
    seconds: number('SECONDS', usual.seconds ?? (curve ? 20 : 60), 5),
    logs: number('LOGS', 0, 0),
    store: store as StoreKind,
    workers: number('WORKERS', 1, 1),
    curve,
    verify: env[`${PREFIX}VERIFY`] === '1',
  };
}
