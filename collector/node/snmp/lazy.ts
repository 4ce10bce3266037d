import type { Source } from '../../core/sources/source.ts';
import type { SnmpConfig } from './config.ts';
import type { Snmp, SnmpParts } from './snmp.ts';

/** SNMP of a collector: its source goes to the collector before that starts, and it begins when the collector runs. */
export interface LazySnmp {
  readonly sources: readonly Source[];
  /** @throws HG_CONFIG_*, HG_SNMP_SECRET, HG_PORT_TAKEN, HG_PORT_RIGHT */
  start(parts: SnmpParts): Promise<Snmp | null>;
  close(): Promise<void>;
}

/** Nothing is loaded where nothing is configured. */
export async function lazySnmp(config: SnmpConfig | undefined): Promise<LazySnmp> {
  if (config === undefined) return { sources: [], start: async () => null, close: async () => undefined };
  const [{ Snmp }, { snmpSource }] = await Promise.all([import('./snmp.ts'), import('./snmp-source.ts')]);
  let running: Snmp | null = null;
  return {
    sources: [snmpSource(() => running)],
    async start(parts) {
      running = await Snmp.start(config, parts);
      return running;
    },
    async close() {
      await running?.close();
    },
  };
}
