import { attribute, attributeOr, numbered } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source, SourceContext } from './source.ts';
import { nowAndThen } from './where-there.ts';

/** Ticks a second in /proc/stat: USER_HZ, 100 on every Linux that Go and Node run on. */
const TICKS = 100;
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
const IDLE = 3;
const FIELDS = 10;
/** An idle counter that falls by more than this is a processor that was taken out and put back. */
const REPLUGGED_SECONDS = 3;

/** The cpuN lines of /proc/stat in seconds: user nice system idle iowait irq softirq steal guest guest_nice. */
export function parseCpuTimes(text: string, each: (cpu: string, seconds: readonly number[]) => void): void {
  for (const line of text.split('\n')) {
    if (!/^cpu\d/.test(line)) continue;
    const fields = words(line);
    const seconds = fields.slice(1, 1 + FIELDS).map((field) => decimal(field) / TICKS);
    if (seconds.length < 4 || seconds.some(Number.isNaN)) continue;
    while (seconds.length < FIELDS) seconds.push(0);
    each(fields[0]!.slice(3), seconds);
  }
}

/** node_cpu_seconds_total, node_cpu_guest_seconds_total, node_cpu_online. The kernel's idle and iowait can run backwards a little: they are held. */
export function cpuSource(): Source {
  const last = new Map<string, number[]>();
  const switched = nowAndThen(switchedProcessors);
  return {
    name: 'cpu',
    collect(context) {
      const { paths, text, labels, sink } = context;
      for (const cpu of switched(context)) {
        const on = attributeOr(context, paths.sys(`devices/system/cpu/cpu${cpu}/online`), '');
        if (on !== undefined) sink.add('node_cpu_online', labels('cpu', cpu), on === '1' ? 1 : 0);
      }
      const stat = text(paths.proc('stat'));
      if (stat === null) return;
      parseCpuTimes(stat, (cpu, seconds) => {
        let held = last.get(cpu);
        if (held === undefined || held[IDLE]! - seconds[IDLE]! >= REPLUGGED_SECONDS) {
          held = [...seconds];
          last.set(cpu, held);
        } else for (let i = 0; i < FIELDS; i++) held[i] = Math.max(held[i]!, seconds[i]!);
        for (let i = 0; i < MODES.length; i++) {
          sink.add('node_cpu_seconds_total', labels('cpu', cpu, 'mode', MODES[i]!), held[i]!);
        }
        sink.add('node_cpu_guest_seconds_total', labels('cpu', cpu, 'mode', 'user'), held[8]!);
        sink.add('node_cpu_guest_seconds_total', labels('cpu', cpu, 'mode', 'nice'), held[9]!);
      });
    },
  };
}

/** Processors that can be switched on and off. Where the first cannot, as on most x86, the kernel says it of all or none of them, and so none is told of. */
function switchedProcessors(context: SourceContext): string[] {
  const folder = context.paths.sys('devices/system/cpu');
  return attribute(context, `${folder}/cpu0/online`) === undefined ? [] : numbered(context, folder, 'cpu');
}
