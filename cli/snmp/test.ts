import { formatLabels, formatValue } from '../../collector/core/exposition.ts';
import { createNodeHost } from '../../collector/node/host.ts';
import type { Sample } from '../../collector/node/snmp/device.ts';
import { reasonOf } from '../../collector/node/snmp/failure.ts';
import { metricHelp } from '../../collector/node/snmp/help.ts';
import { Names } from '../../collector/node/snmp/names.ts';
import { Poller } from '../../collector/node/snmp/poll.ts';
import { remark, say } from '../terminal/output.ts';
import { many } from '../terminal/text.ts';
import { type TargetOptions, targetDevice } from './target.ts';

/** Polls once and prints the series; the exit code: 1 where the poll is not whole. */
export async function testDevice(
  name: string | undefined,
  options: TargetOptions,
  format: 'prometheus' | 'json',
): Promise<0 | 1> {
  const device = await targetDevice(name, options);
  const host = createNodeHost();
  const { samples, failure } = await new Poller(host, device).poll(() => new Names(host.mono).find(device));
  if (format === 'json') {
    const error = failure && { code: failure.code, reason: reasonOf(failure), message: failure.message };
    const rows = samples.map(({ name, labels, value }) => ({ name, labels: labelObject(labels), value }));
    say(JSON.stringify({ device: device.name, address: `${device.host}:${device.port}`, error, samples: rows }));
  } else {
    process.stdout.write(expositionOf(samples));
    const series = many(samples.length, 'series', 'series');
    remark(failure === null ? `${device.name}: ${series}` : failure.message);
  }
  return failure === null ? 0 : 1;
}

function labelObject(labels: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < labels.length; i += 2) pairs.push([labels[i]!, labels[i + 1]!]);
  return Object.fromEntries(pairs);
}

/** As Prometheus text, families in order, labels without a value as snmp_exporter writes them. */
function expositionOf(samples: readonly Sample[]): string {
  const families = new Map<string, string[]>();
  for (const { name, labels, value } of samples) {
    const sorted = Object.entries(labelObject(labels)).sort(([a], [b]) => (a < b ? -1 : 1));
    const family = families.get(name) ?? [];
    family.push(`${name}${formatLabels(sorted.flat())} ${formatValue(value)}`);
    families.set(name, family);
  }
  let text = '';
  for (const name of [...families.keys()].sort()) {
    const { type, help } = metricHelp(name);
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${families.get(name)!.join('\n')}\n`;
  }
  return text;
}
