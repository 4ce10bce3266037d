import type { StoredLine } from '../ports/log-store.ts';
import type { BlockLine } from './block.ts';

/** A line as the API gives it. */
export function storedLine(line: BlockLine): StoredLine {
  const { host, boot, class: dataClass, sequence, instance, site } = line.frame;
  return {
    id: `${host}/${boot}/${dataClass}/${sequence}/${line.line}`,
    '@timestamp': timestamp(line.time),
    message: line.message,
    'log.level': line.level,
    'service.name': line.service,
    'host.name': instance,
    site,
    fields: line.fields,
  };
}

/** ISO 8601 with ms, or with us where there are any. `time` in ms. */
export function timestamp(time: number): string {
  const micros = Math.round(time * 1_000);
  const rest = ((micros % 1_000) + 1_000) % 1_000;
  const text = new Date((micros - rest) / 1_000).toISOString();
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
