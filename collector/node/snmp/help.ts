import { counter, gauge, type MetricHelp } from '../../core/sources/metric-help.ts';
import { MODULES } from './modules/all.ts';
import { SYS_UP_TIME } from './modules/system.ts';

/** What no module has. */
const OWN: Readonly<Record<string, MetricHelp>> = {
  up: gauge('1 if the device was polled whole, 0 if not'),
  snmp_scrape_duration_seconds: gauge('Time the poll took (walk and processing)'),
  snmp_scrape_walk_duration_seconds: gauge('Time the walks took'),
  snmp_scrape_packets_sent: gauge('Requests sent, repeats included'),
  snmp_scrape_packets_retried: gauge('Requests repeated'),
  snmp_scrape_pdus_returned: gauge('Values returned'),
  entPhySensorScaledValue: gauge('What the sensor says, in plain units'),
  heliograph_snmp_polls_total: counter('Polls of the device'),
  heliograph_snmp_poll_failures_total: counter('Polls that were not whole, by reason'),
  heliograph_snmp_poll_overruns_total: counter('Turns left out because the poll before was still going on'),
  heliograph_snmp_poll_start_delay_seconds: gauge('How long after its turn the last poll began'),
  heliograph_snmp_device_restarts_total: counter('Restarts of the device that were seen'),
  heliograph_snmp_counter_wraps_total: counter('Counters of 32 bits that came round'),
  heliograph_snmp_unexpected_values_total: counter('Values of a kind that their place cannot have'),
};

/** Type and help of a metric of a device. */
export function metricHelp(name: string): MetricHelp {
  const own = OWN[name];
  if (own !== undefined) return own;
  const plain = name.replace(/_info$/, '');
  for (const metric of [SYS_UP_TIME, ...[...MODULES.values()].flatMap(({ metrics }) => metrics)]) {
    if (metric.name !== name && metric.name !== plain) continue;
    const help = `${metric.help} - ${metric.oid}`;
    return metric.kind === 'counter' ? counter(help) : gauge(help);
  }
  return { type: 'untyped', help: name };
}
