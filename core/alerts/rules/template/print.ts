import { formatShort } from '../../../promql/format.ts';
import { durationText, timeText } from './times.ts';
import { ArgumentMap, GoDuration, GoTime, LabelMap, Root, Sample, type Value } from './values.ts';

/** A value as Go's fmt prints it with %v. */
export function printed(value: Value): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return formatShort(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof LabelMap || value instanceof ArgumentMap) {
    const names = [...value.entries.keys()].sort();
    return `map[${names.map((name) => `${name}:${printed(value.entries.get(name) ?? null)}`).join(' ')}]`;
  }
  if (value instanceof Sample) return `{${printed(value.labels)} ${printed(value.value)}}`;
  if (value instanceof Root) return `{${[...value.fields.values()].map(printed).join(' ')}}`;
  if (value instanceof GoTime) return timeText(value);
  if (value instanceof GoDuration) return durationText(value);
  return `[${value.map(printed).join(' ')}]`;
}
