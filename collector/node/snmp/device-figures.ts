import { NO_LABELS, type SampleSink } from '../../core/sources/source.ts';
import type { DeviceSchedule } from './schedule.ts';

/** What is counted of the polls of one device, beside its own series; docs/snmp.md has what each is. */
export function addDeviceFigures(sink: SampleSink, { figures, poller }: DeviceSchedule): void {
  const add = (name: string, value: number, ...labels: string[]) =>
    sink.add(`heliograph_snmp_${name}`, labels.length === 0 ? NO_LABELS : labels, value);
  add('polls_total', figures.polls);
  for (const [reason, count] of figures.failures) add('poll_failures_total', count, 'reason', reason);
  add('poll_overruns_total', figures.overruns);
  add('poll_start_delay_seconds', figures.startedLateMs / 1000);
  add('device_restarts_total', figures.restarts);
  add('counter_wraps_total', poller.counters.wraps);
  add('unexpected_values_total', poller.unexpected);
}
