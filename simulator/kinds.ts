import type { PageSeries } from '../proto/page.ts';
import type { ScaledRecording } from './scaled-recording.ts';

/** What kinds of host there are. `server` shows the whole recording as it is. */
export const KINDS = ['web', 'database', 'device', 'router', 'server'] as const;
export type Kind = (typeof KINDS)[number];

/** How many of a hundred hosts are of which kind. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

export const USUAL_MIX: Mix = { web: 50, database: 15, device: 25, router: 10 };

/** A series of a kind, and the recorded one whose movement it has. */
export interface KindSeries extends PageSeries {
  readonly source: number;
}

export interface KindSet {
  /** Series that stay, in page order. */
  readonly lasting: readonly KindSeries[];
  /** Those of the containers, which are others after each restart: the label `pod` is added. All have the same label names. */
  readonly passing: readonly KindSeries[];
}

/** The kind of host number `host`: spread evenly, so that a few hosts have all kinds already. */
export function kindOf(mix: Mix, host: number): Kind {
  const entries = Object.entries(mix) as [Kind, number][];
  const whole = entries.reduce((sum, [, share]) => sum + share, 0);
  // The golden ratio's multiples fill the range evenly from the first host on.
  let place = ((host * 0.618_033_988_749_895) % 1) * whole;
  for (const [kind, share] of entries) {
    if (place < share) return kind;
    place -= share;
  }
  return entries.at(-1)![0];
}

/** Which job a kind's series name. */
export function jobOf(kind: Kind): string {
  return kind === 'router' ? 'snmp' : 'node';
}

/**
 * The series of a kind.
 * @param count how many; null: all that were recorded (`server`), or a hundred
 */
export function seriesOf(kind: Kind, count: number | null, recording: ScaledRecording): KindSet {
  const pick = new Sources(recording);
  if (kind === 'server') {
    const recorded = recording.series.map(({ name, labels }, source) => ({ name, labels, source }));
    const copies = Math.ceil((count ?? recorded.length) / recorded.length);
    const all = Array.from({ length: copies }, (_, copy) =>
      recorded.map((one) => (copy === 0 ? one : { ...one, labels: [...one.labels, ['part', `${copy}`] as const] })),
    ).flat();
    return { lasting: finish(all.slice(0, count ?? all.length), 'node'), passing: [] };
  }
  const wanted = count ?? 100;
  const passing = kind === 'device' || kind === 'router' ? 0 : Math.floor(wanted / 10);
  const system = pick.named(SYSTEM[kind], Math.ceil((wanted - passing) * 0.5));
  const own = Array.from({ length: wanted - passing - system.length }, (_, i) => OWN[kind](i, pick));
  const containers = Array.from({ length: passing }, (_, i) => container(i, pick));
  return { lasting: finish([...system, ...own], jobOf(kind)), passing: finish(containers, jobOf(kind)) };
}

function finish(series: readonly KindSeries[], job: string): KindSeries[] {
  return series.map((one) => ({ ...one, labels: [...one.labels, ['job', job] as const] }));
}

/** Recorded series by how they move. */
class Sources {
  readonly #recording: ScaledRecording;
  readonly #counters: number[] = [];
  readonly #gauges: number[] = [];
  readonly #still: number[] = [];

  constructor(recording: ScaledRecording) {
    this.#recording = recording;
    recording.columns.forEach(({ moves, lap }, column) => {
      (moves ? (lap > 0 ? this.#counters : this.#gauges) : this.#still).push(column);
    });
  }

  counter = (i: number): number => this.#counters[i % this.#counters.length]!;
  gauge = (i: number): number => this.#gauges[i % this.#gauges.length]!;
  still = (i: number): number => this.#still[i % this.#still.length]!;

  /** Recorded series whose names match, in the order of the patterns; at most `most`. */
  named(patterns: readonly RegExp[], most: number): KindSeries[] {
    const found = new Map<number, KindSeries>();
    for (const pattern of patterns) {
      this.#recording.series.forEach(({ name, labels }, source) => {
        if (found.size < most && pattern.test(name) && !found.has(source)) found.set(source, { name, labels, source });
      });
    }
    return [...found.values()];
  }
}

const SYSTEM: Readonly<Record<Exclude<Kind, 'server'>, readonly RegExp[]>> = {
  web: [
    /^node_load/,
    /^node_memory_(MemAvailable|MemFree|MemTotal|Cached|Buffers)_bytes$/,
    /^node_cpu_seconds_total$/,
    /^node_network_(receive|transmit)_(bytes|packets|errs)_total$/,
    /^node_filesystem_(avail|size)_bytes$/,
    /^node_sockstat_TCP/,
    /^node_netstat_Tcp/,
    /^node_(context_switches|intr|forks)_total$/,
    /^node_memory_/,
  ],
  database: [
    /^node_load/,
    /^node_memory_(MemAvailable|MemFree|MemTotal|Cached|Dirty|Writeback)_bytes$/,
    /^node_cpu_seconds_total$/,
    /^node_disk_/,
    /^node_filesystem_/,
    /^node_pressure_io/,
    /^node_vmstat_/,
    /^node_memory_/,
  ],
  device: [
    /^node_load1$/,
    /^node_memory_(MemAvailable|MemFree|MemTotal)_bytes$/,
    /^node_cpu_seconds_total$/,
    /^node_network_(receive|transmit)_bytes_total$/,
    /^node_filesystem_avail_bytes$/,
    /^node_timex_(offset|maxerror)_seconds$/,
    /^node_entropy_available_bits$/,
  ],
  router: [],
};

type Labels = readonly (readonly [string, string])[];
const series = (name: string, labels: Labels, source: number): KindSeries => ({ name, labels, source });

const HANDLERS = ['/', '/api/cart', '/api/items', '/api/orders', '/api/pay', '/api/search', '/login', '/static'];
const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '+Inf'];
const STATEMENTS = ['select', 'insert', 'update', 'delete', 'commit', 'rollback'];
const SENSORS = ['board', 'cpu', 'battery', 'radio', 'cabinet'];

/** The endless list of what a kind has of its own: number `i` of it. */
const OWN: Readonly<Record<Exclude<Kind, 'server'>, (i: number, from: Sources) => KindSeries>> = {
  web: (i, from) => {
    const service = `web-${Math.floor(i / 120)}`;
    const handler = HANDLERS[i % HANDLERS.length]!;
    const part = Math.floor((i % 120) / HANDLERS.length);
    if (part < BUCKETS.length) {
      const labels: Labels = [
        ['handler', handler],
        ['le', BUCKETS[part]!],
        ['service', service],
      ];
      return series('http_request_duration_seconds_bucket', labels, part < 5 ? from.counter(i) : from.still(i));
    }
    const code = ['200', '201', '304', '404', '500'][part - BUCKETS.length]!;
    const labels: Labels = [
      ['code', code],
      ['handler', handler],
      ['service', service],
    ];
    return series('http_requests_total', labels, code === '200' ? from.counter(i) : from.still(i));
  },
  database: (i, from) => {
    const table = `orders_${String(Math.floor(i / 9)).padStart(3, '0')}`;
    const what = i % 9;
    if (what < 6) {
      const labels: Labels = [
        ['statement', STATEMENTS[what]!],
        ['table', table],
      ];
      return series('db_statements_total', labels, what < 3 ? from.counter(i) : from.still(i));
    }
    const name = ['db_table_rows', 'db_table_bytes', 'db_table_locks_waiting'][what - 6]!;
    return series(name, [['table', table]], what === 6 ? from.gauge(i) : from.still(i));
  },
  device: (i, from) => {
    const sensor = `${SENSORS[i % SENSORS.length]}${Math.floor(i / 15)}`;
    const what = Math.floor(i / SENSORS.length) % 3;
    const name = ['device_temperature_celsius', 'device_voltage_volts', 'device_sensor_faults_total'][what]!;
    return series(name, [['sensor', sensor]], what === 0 ? from.gauge(i) : from.still(i));
  },
  router: (i, from) => {
    const port = Math.floor(i / ROUTER.length);
    const [name, moves] = ROUTER[i % ROUTER.length]!;
    const labels: Labels = [
      ['ifIndex', `${port + 1}`],
      ['ifName', `ge-0/0/${port}`],
    ];
    // Every other port is idle.
    return series(name, labels, moves && port % 2 === 0 ? from.counter(port * 7 + i) : from.still(i));
  },
};

const ROUTER: readonly (readonly [string, boolean])[] = [
  ['ifHCInOctets', true],
  ['ifHCOutOctets', true],
  ['ifHCInUcastPkts', true],
  ['ifHCOutUcastPkts', true],
  ['ifInErrors', false],
  ['ifOutErrors', false],
  ['ifInDiscards', false],
  ['ifOutDiscards', false],
  ['ifOperStatus', false],
  ['ifHighSpeed', false],
];

const CONTAINER = [
  'container_cpu_usage_seconds_total',
  'container_memory_working_set_bytes',
  'container_network_receive_bytes_total',
  'container_network_transmit_bytes_total',
  'container_restarts_total',
];

function container(i: number, from: Sources): KindSeries {
  const name = CONTAINER[i % CONTAINER.length]!;
  const number = String(Math.floor(i / CONTAINER.length)).padStart(2, '0');
  return series(name, [['container', `app-${number}`]], name.endsWith('bytes') ? from.gauge(i) : from.counter(i));
}
