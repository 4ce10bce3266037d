import { attribute, entries } from './attribute.ts';
import { NO_LABELS, type Source } from './source.ts';

const CLOCKS = 'devices/system/clocksource';

/** node_time_seconds, the zone's offset, and the kernel's clock sources. */
export function timeSource(zoneMinutes: () => number = () => 0 - new Date().getTimezoneOffset()): Source {
  return {
    name: 'time',
    collect(context) {
      const { host, paths, labels, sink } = context;
      sink.add('node_time_seconds', NO_LABELS, host.now() / 1000);
      const minutes = zoneMinutes();
      sink.add('node_time_zone_offset_seconds', labels('time_zone', zoneName(minutes)), minutes * 60);
      for (const folder of entries(context, paths.sys(CLOCKS))) {
        if (!folder.startsWith('clocksource')) continue;
        const device = folder.slice('clocksource'.length);
        const available = attribute(context, paths.sys(`${CLOCKS}/${folder}/available_clocksource`)) ?? '';
        for (const clock of available.split(/\s+/)) {
          if (clock === '') continue;
          sink.add('node_time_clocksource_available_info', labels('clocksource', clock, 'device', device), 1);
        }
        const current = attribute(context, paths.sys(`${CLOCKS}/${folder}/current_clocksource`)) ?? '';
        if (current !== '') {
          sink.add('node_time_clocksource_current_info', labels('clocksource', current, 'device', device), 1);
        }
      }
    },
  };
}

/** `UTC`, `+02`, `-0330`: zones by their offset, as zones without a short name are written everywhere. */
export function zoneName(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const rest = size % 60;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${rest === 0 ? '' : two(rest)}`;
}
