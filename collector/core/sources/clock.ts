import { attribute, attributeNumber } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source } from './source.ts';
import { nowAndThen } from './where-there.ts';

/** Touched by the daemon at each synchronisation. */
const SYNCHRONIZED = [['systemd-timesyncd', '/run/systemd/timesync/synchronized']] as const;
/** Where daemons keep by how much the clock runs wrong, in parts per million, written about once an hour while they are synchronised. */
const DRIFT = [
  ['chrony', '/var/lib/chrony/chrony.drift'],
  ['chrony', '/var/lib/chrony/drift'],
  ['ntpd', '/var/lib/ntp/ntp.drift'],
  ['ntpd', '/var/lib/ntpsec/ntp.drift'],
] as const;

/**
 * What files say of the clock: when it was last synchronised, by how much it runs wrong, and the hardware clocks for PTP. Offset and status of
 * the kernel's clock (node_timex_*) need a system call (adjtimex) that Node does not have.
 */
export function clockSource(): Source {
  const stat = new Float64Array(6);
  const there = nowAndThen(({ host, paths, names }) => {
    const kept = ([, path]: readonly [string, string]): boolean => host.files.stat(paths.at(path), stat) >= 0;
    return {
      synchronized: SYNCHRONIZED.filter(kept),
      drift: DRIFT.filter(kept),
      devices: names(paths.sys('class/ptp')) ?? [],
    };
  });
  return {
    name: 'clock',
    collect(context) {
      const { host, paths, labels, sink } = context;
      const { synchronized, drift: drifts, devices } = there(context);
      for (const [by, path] of synchronized) {
        if (host.files.stat(paths.at(path), stat) < 0) continue;
        sink.add('heliograph_clock_synchronized_timestamp_seconds', labels('by', by), stat[1]! / 1000);
      }
      for (const [by, path] of drifts) {
        const text = attribute(context, paths.at(path));
        const drift = decimal(words(text ?? '')[0]);
        if (Number.isNaN(drift)) continue;
        sink.add('heliograph_clock_drift_ratio', labels('by', by), drift / 1e6);
        if (host.files.stat(paths.at(path), stat) < 0) continue;
        sink.add('heliograph_clock_drift_timestamp_seconds', labels('by', by), stat[1]! / 1000);
      }
      for (const device of devices) {
        const folder = paths.sys(`class/ptp/${device}`);
        const name = attribute(context, `${folder}/clock_name`) ?? '';
        sink.add('heliograph_ptp_clock_info', labels('clock_name', name, 'device', device), 1);
        const adjustment = attributeNumber(context, `${folder}/max_adjustment`);
        if (Number.isNaN(adjustment)) continue;
        sink.add('heliograph_ptp_clock_max_adjustment_ratio', labels('device', device), adjustment / 1e9);
      }
    },
  };
}
