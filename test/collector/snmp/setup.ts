import type { Device, Sample } from '../../../collector/node/snmp/device.ts';

/** A device of the table, on loopback. */
export function deviceAt(port: number, changes: Partial<Device> = {}): Device {
  return {
    name: 'switch-1',
    host: '127.0.0.1',
    port,
    credentials: { version: '2c', community: 'public' },
    intervalMs: 60_000,
    phaseMs: 0,
    timeoutMs: 1000,
    retries: 1,
    maxRepetitions: 25,
    budget: { ms: 20_000, packets: 5000, rows: 50_000 },
    modules: ['system', 'if_mib'],
    labels: {},
    anySource: false,
    ...changes,
  };
}

/** A sample as text: `name{a="b"} 1`, labels in order, those without a value left out. */
export function sampleText({ name, labels, value }: Sample): string {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < labels.length; i += 2)
    if (labels[i + 1] !== '') pairs.push(`${labels[i]}="${labels[i + 1]}"`);
  return `${name}{${pairs.sort().join(',')}} ${value}`;
}

/** The value of the one series of that name with these labels; NaN: there is none. */
export function seriesValue(samples: readonly Sample[], name: string, ...labels: string[]): number {
  const found = samples.filter((sample) => {
    if (sample.name !== name) return false;
    for (let i = 0; i + 1 < labels.length; i += 2) {
      const at = sample.labels.findIndex((label, j) => j % 2 === 0 && label === labels[i]);
      if (at < 0 || sample.labels[at + 1] !== labels[i + 1]) return false;
    }
    return true;
  });
  if (found.length > 1) throw new Error(`${found.length} series ${name} have ${labels.join(' ')}`);
  return found[0]?.value ?? Number.NaN;
}

export const LOOPBACK = async () => ({ address: '127.0.0.1', family: 4 as const });
