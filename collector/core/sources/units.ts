import { anyGlob } from '../../../lib/log-lines/name-glob.ts';
import { attribute, attributeNumber } from './attribute.ts';
import { decimal, words } from './number.ts';
import { parsePressure } from './pressure.ts';
import type { Labels, Source, SourceContext } from './source.ts';
import { type UnitGroup, unitGroups } from './unit-cgroups.ts';

export interface UnitsOptions {
  /** Which units, by their names. */
  readonly match: readonly string[];
  /** How many at most; what is left out is counted. */
  readonly most: number;
}

/** Collections between two looks at which groups there are. */
const LIST_EVERY = 6;
const CPU = [
  ['usage_usec', 'container_cpu_usage_seconds_total', 1e6],
  ['user_usec', 'container_cpu_user_seconds_total', 1e6],
  ['system_usec', 'container_cpu_system_seconds_total', 1e6],
  ['nr_periods', 'container_cpu_cfs_periods_total', 1],
  ['nr_throttled', 'container_cpu_cfs_throttled_periods_total', 1],
  ['throttled_usec', 'container_cpu_cfs_throttled_seconds_total', 1e6],
] as const;
const MEMORY = [
  ['anon', 'container_memory_rss'],
  ['file', 'container_memory_cache'],
  ['file_mapped', 'container_memory_mapped_file'],
] as const;
const PRESSURE = ['cpu', 'memory', 'io'] as const;
const IO = [
  ['rbytes', 'container_fs_reads_bytes_total'],
  ['wbytes', 'container_fs_writes_bytes_total'],
  ['rios', 'container_fs_reads_total'],
  ['wios', 'container_fs_writes_total'],
] as const;

/** Lines of `name number`: cpu.stat, memory.stat, memory.events. */
export function parseFlatKeys(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [key = '', value] = words(line);
    const number = decimal(value);
    if (!Number.isNaN(number)) values.set(key, number);
  }
  return values;
}

/** io.stat: `8:0 rbytes=90112 wbytes=0 rios=3 ...`, a line a device. */
export function parseGroupIo(text: string): (readonly [device: string, values: ReadonlyMap<string, number>])[] {
  return text.split('\n').flatMap((line) => {
    const [device = '', ...pairs] = words(line);
    if (!/^\d+:\d+$/.test(device)) return [];
    const values = pairs.map((pair) => pair.split('=')).map(([key = '', value]) => [key, decimal(value)] as const);
    return [[device, new Map(values.filter(([, value]) => !Number.isNaN(value)))] as const];
  });
}

/**
 * container_* of systemd's units and of containers, as cAdvisor names them (its label `id` is the group's path), and the label `unit`.
 * What a group does not say, because a controller is not switched on in it, is left out.
 */
export function unitsSource(options: UnitsOptions): Source {
  const fits = anyGlob(options.match);
  const devices = new Map<string, string>();
  let found: ReturnType<typeof unitGroups> = { groups: [], left: 0 };
  let age = 0;
  return {
    name: 'units',
    collect(context) {
      if (age++ % LIST_EVERY === 0) found = unitGroups(context, fits, options.most);
      for (const group of found.groups) addGroup(context, group, devices);
      if (found.left > 0) context.sink.add('heliograph_collector_units_left_out', [], found.left);
    },
  };
}

function addGroup(context: SourceContext, group: UnitGroup, devices: Map<string, string>): void {
  const { labels, sink } = context;
  const { folder, id, unit } = group;
  const pairs = labels('id', id, 'unit', unit);
  const table = (file: string): Map<string, number> => parseFlatKeys(attribute(context, `${folder}/${file}`) ?? '');
  const add = (metric: string, of: Labels, value: number | undefined): void => {
    if (value !== undefined && !Number.isNaN(value)) sink.add(metric, of, value);
  };
  const cpu = table('cpu.stat');
  for (const [key, metric, unitOf] of CPU) {
    const value = cpu.get(key);
    if (value !== undefined) sink.add(metric, pairs, value / unitOf);
  }
  const memory = table('memory.stat');
  const current = attributeNumber(context, `${folder}/memory.current`);
  add('container_memory_usage_bytes', pairs, current);
  // What could be given back at once is not worked with.
  add('container_memory_working_set_bytes', pairs, Math.max(0, current - (memory.get('inactive_file') ?? 0)));
  for (const [key, metric] of MEMORY) add(metric, pairs, memory.get(key));
  add('container_memory_swap', pairs, attributeNumber(context, `${folder}/memory.swap.current`));
  for (const kind of ['pgfault', 'pgmajfault']) {
    const of = labels('failure_type', kind, 'id', id, 'scope', 'container', 'unit', unit);
    add('container_memory_failures_total', of, memory.get(kind));
  }
  add('container_spec_memory_limit_bytes', pairs, limitOf(attribute(context, `${folder}/memory.max`)));
  add('container_oom_events_total', pairs, table('memory.events').get('oom_kill'));
  add('container_threads', pairs, attributeNumber(context, `${folder}/pids.current`));
  add('container_threads_max', pairs, limitOf(attribute(context, `${folder}/pids.max`)));
  for (const of of PRESSURE) {
    const { some, full } = parsePressure(attribute(context, `${folder}/${of}.pressure`) ?? '');
    add(`container_pressure_${of}_waiting_seconds_total`, pairs, some);
    add(`container_pressure_${of}_stalled_seconds_total`, pairs, full);
  }
  for (const [number, values] of parseGroupIo(attribute(context, `${folder}/io.stat`) ?? '')) {
    const of = labels('device', deviceName(context, number, devices), 'id', id, 'unit', unit);
    for (const [key, metric] of IO) add(metric, of, values.get(key));
  }
}

/** `max` is no limit: 0, as cAdvisor writes it. */
function limitOf(text: string | undefined): number {
  return text === 'max' ? 0 : decimal(text);
}

/** /dev/sda for 8:0; the number itself where the kernel does not say. */
function deviceName({ host, paths }: SourceContext, number: string, known: Map<string, string>): string {
  let name = known.get(number);
  if (name === undefined) {
    const target = host.files.readlink(paths.sys(`dev/block/${number}`));
    name = typeof target === 'number' ? number : `/dev/${target.slice(target.lastIndexOf('/') + 1)}`;
    known.set(number, name);
  }
  return name;
}
