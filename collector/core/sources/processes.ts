import { attribute } from './attribute.ts';
import { groupOf, type ProcessFigures, type ProcessRule, parseProcessStat, processIo } from './process-groups.ts';
import { pageSize } from './sockets.ts';
import type { Source, SourceContext } from './source.ts';

export interface ProcessesOptions {
  readonly groups: readonly ProcessRule[];
  /** Files of /proc that one collection may read. What is over that is read by the next ones. */
  readonly files: number;
  /** Open file descriptors are counted too: they are those of the collector's own user, or of all with CAP_SYS_PTRACE. */
  readonly descriptors: boolean;
}

const TICKS = 100;
const STATES: Readonly<Record<string, string>> = {
  R: 'Running',
  S: 'Sleeping',
  I: 'Sleeping',
  D: 'Waiting',
  Z: 'Zombie',
};
const STATE_NAMES = ['Running', 'Sleeping', 'Waiting', 'Zombie', 'Other'];
/** Counters of a process that is gone stay in the sum of its group: these. */
const COUNTERS = ['user', 'system', 'minor', 'major', 'read', 'write'] as const;
/** A group named after processes is let go when none was seen for this long: names of kernel workers and jobs come and go without end. */
const EMPTY_MS = 600_000;
/** Groups named after processes at most. Who comes later is in this one, and counted. */
const MOST_NAMED = 250;
const OVERFLOW = 'other';
type Counters = Record<(typeof COUNTERS)[number], number>;

interface Known {
  readonly group: string | null;
  readonly start: number;
  figures: ProcessFigures;
  counters: Counters;
  descriptors: number;
}
interface Group {
  readonly totals: Counters;
  /** Whether a process of it let its traffic be read, ever. */
  traffic: boolean;
  /** Since when it has no process, by the monotonic clock; null: it has. */
  emptySince: number | null;
}

/**
 * namedprocess_namegroup_*: processes by group, as process-exporter names them. A group's counters go on when processes come and go; what a
 * process did before the collector started is not counted, and of a process that began later everything is. A process is its number and its
 * start, and stays in the group that its first name put it into: what it calls itself later (kernel workers do all the time) moves nothing. With more processes
 * than the budget of files allows, each is read every second, third ... collection.
 */
export function processesSource(options: ProcessesOptions): Source {
  const group = groupOf(options.groups);
  const fixed = new Set(options.groups.map(({ name }) => name).filter((name) => !name.includes('{{comm}}')));
  const known = new Map<string, Known>();
  const groups = new Map<string, Group>();
  let next = 0;
  let read = 0;
  /** All that ran when the collector started have been read once: who is new now has begun since. */
  let swept = false;
  let page = 0;
  let partial = 0;
  let overflowed = 0;
  return {
    name: 'processes',
    collect(context) {
      const { host, paths, names, sink } = context;
      if (page === 0) page = pageSize(host, paths.proc('self/auxv'));
      const pids = (names(paths.proc('')) ?? []).filter((name) => /^\d+$/.test(name));
      const alive = new Set(pids);
      for (const pid of known.keys()) if (!alive.has(pid)) known.delete(pid);
      let left = options.files;
      for (let i = 0; i < pids.length && left > 0; i++) {
        const pid = pids[(next + i) % pids.length]!;
        left -= readProcess(context, pid);
        read++;
        if (left <= 0) next = (next + i + 1) % pids.length;
      }
      swept ||= read >= pids.length;
      report(context);
      sink.add('namedprocess_scrape_partial_errors', [], partial);
      if (overflowed > 0) sink.add('heliograph_collector_process_groups_overflowed_total', [], overflowed);
    },
  };

  /** @returns how many files it read */
  function readProcess(context: SourceContext, pid: string): number {
    const figures = parseProcessStat(attribute(context, context.paths.proc(`${pid}/stat`)) ?? '');
    if (figures === null) return 1;
    let files = 1;
    let one = known.get(pid);
    const same = one !== undefined && one.start === figures.startTicks;
    if (one === undefined || !same) {
      const name = group(figures.comm, () => {
        files++;
        return (attribute(context, context.paths.proc(`${pid}/cmdline`)) ?? '').split('\u0000');
      });
      one = {
        group: name === null ? null : withinBounds(name),
        start: figures.startTicks,
        figures,
        counters: none(),
        descriptors: 0,
      };
      known.set(pid, one);
    }
    one.figures = figures;
    if (one.group === null) return files;
    const io = processIo(context, pid);
    if (Number.isNaN(io.read)) partial++;
    const counters: Counters = {
      user: figures.userTicks,
      system: figures.systemTicks,
      minor: figures.minorFaults,
      major: figures.majorFaults,
      read: io.read || 0,
      write: io.write || 0,
    };
    let of = groups.get(one.group);
    if (of === undefined) {
      of = { totals: none(), traffic: false, emptySince: null };
      groups.set(one.group, of);
    }
    if (!Number.isNaN(io.read)) of.traffic = true;
    const before = same ? one.counters : swept ? none() : counters;
    for (const key of COUNTERS) of.totals[key] += Math.max(0, counters[key] - before[key]);
    one.counters = counters;
    if (options.descriptors) {
      one.descriptors = descriptorsOf(context, pid);
      files++;
    }
    return files + 1;
  }

  /** The group itself, or where one more is too many the one for the rest. */
  function withinBounds(name: string): string {
    if (fixed.has(name) || groups.has(name) || groups.size < fixed.size + MOST_NAMED) return name;
    overflowed++;
    return OVERFLOW;
  }

  function report(context: SourceContext): void {
    const { labels, sink } = context;
    const boot = bootTime(context);
    const members = new Map<string, Known[]>();
    for (const one of known.values()) {
      if (one.group === null) continue;
      const of = members.get(one.group);
      if (of === undefined) members.set(one.group, [one]);
      else of.push(one);
    }
    for (const [name, of] of groups) {
      const { totals, traffic } = of;
      const all = members.get(name) ?? [];
      of.emptySince = all.length > 0 ? null : (of.emptySince ?? context.host.mono());
      // What the configuration names stays: that nothing runs is what it may be watched for.
      if (of.emptySince !== null && context.host.mono() - of.emptySince >= EMPTY_MS && !fixed.has(name)) {
        groups.delete(name);
        continue;
      }
      const sum = (value: (one: Known) => number): number => all.reduce((total, one) => total + value(one), 0);
      const pairs = labels('groupname', name);
      const add = (metric: string, value: number): void => sink.add(`namedprocess_namegroup_${metric}`, pairs, value);
      add('num_procs', all.length);
      add(
        'num_threads',
        sum((one) => one.figures.threads),
      );
      for (const state of STATE_NAMES) {
        const count = all.filter((one) => (STATES[one.figures.state] ?? 'Other') === state).length;
        sink.add('namedprocess_namegroup_states', labels('groupname', name, 'state', state), count);
      }
      for (const mode of ['user', 'system'] as const) {
        sink.add(
          'namedprocess_namegroup_cpu_seconds_total',
          labels('groupname', name, 'mode', mode),
          totals[mode] / TICKS,
        );
      }
      const memory = (type: string, value: number): void =>
        sink.add('namedprocess_namegroup_memory_bytes', labels('groupname', name, 'memtype', type), value);
      memory('resident', sum((one) => one.figures.residentPages) * page);
      memory(
        'virtual',
        sum((one) => one.figures.virtualBytes),
      );
      add('minor_page_faults_total', totals.minor);
      add('major_page_faults_total', totals.major);
      if (traffic) {
        add('read_bytes_total', totals.read);
        add('write_bytes_total', totals.write);
      }
      if (options.descriptors)
        add(
          'open_filedesc',
          sum((one) => one.descriptors),
        );
      if (all.length > 0 && boot > 0) {
        add('oldest_start_time_seconds', boot + Math.min(...all.map((one) => one.start)) / TICKS);
      }
    }
  }
}

const none = (): Counters => ({ user: 0, system: 0, minor: 0, major: 0, read: 0, write: 0 });

function bootTime(context: SourceContext): number {
  return Number(/^btime (\d+)$/m.exec(attribute(context, context.paths.proc('stat')) ?? '')?.[1] ?? 0);
}

function descriptorsOf(context: SourceContext, pid: string): number {
  const found = context.host.files.readdir(context.paths.proc(`${pid}/fd`));
  return typeof found === 'number' ? 0 : found.length;
}
