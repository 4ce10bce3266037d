import { SELF_PREFIX } from '../../core/self-source.ts';
import type { Source, SourceContext } from '../../core/sources/source.ts';
import type { Snmp } from './snmp.ts';

const JOB = ['job', 'heliograph'] as const;

/** What the collector tells of its polling as a whole. @param running null until it runs */
export function snmpSource(running: () => Snmp | null): Source {
  return {
    name: 'snmp',
    collect(context) {
      const snmp = running();
      if (snmp === null) return;
      add(context, 'snmp_devices', snmp.devices);
      add(context, 'snmp_devices_failing', snmp.failing);
      add(context, 'snmp_polls_running', snmp.running);
      add(context, 'snmp_polls_waiting', snmp.waiting);
      for (const [result, count] of Object.entries(snmp.reloads))
        add(context, 'snmp_table_reloads_total', count, 'result', result);
      const { traps } = snmp;
      if (traps === null) return;
      add(context, 'snmp_traps_total', traps.taken);
      for (const [reason, count] of traps.refused) add(context, 'snmp_traps_refused_total', count, 'reason', reason);
    },
  };
}

function add(context: SourceContext, name: string, value: number, ...labels: string[]): void {
  context.sink.add(context.metric(SELF_PREFIX, name, ''), context.labels(...JOB, ...labels), value);
}
