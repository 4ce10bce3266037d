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

/** The last second that was written, and its text up to the point. */
let second = Number.NaN;
let secondText = '';

/** ISO 8601 with ms, or with us where there are any. `time` in ms. Lines come in order: the date is worked out once for a second of them. */
export function timestamp(time: number): string {
  const micros = Math.round(time * 1_000);
  const whole = Math.floor(micros / 1_000_000);
  if (whole !== second) {
    secondText = new Date(whole * 1_000).toISOString().slice(0, -4);
    second = whole;
  }
  const rest = micros - whole * 1_000_000;
  const digits = rest % 1_000 === 0 ? String(rest / 1_000).padStart(3, '0') : String(rest).padStart(6, '0');
  return `${secondText}${digits}Z`;
}
