import type { LogQuery, StoredLine } from '../ports/log-store.ts';
import { fitsFields } from './field-filter.ts';
import { fitsText, parseText } from './query-text.ts';

/** Whether single lines are such that a search would find. */
export function lineTest(
  filter: Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels' | 'fields'>,
): (line: StoredLine) => boolean {
  const text = parseText(filter.text);
  const any = (wanted: readonly string[], value: string) => wanted.length === 0 || wanted.includes(value);
  return (line) =>
    any(filter.hosts, line['host.name']) &&
    any(filter.services, line['service.name']) &&
    any(filter.levels, line['log.level']) &&
    fitsFields(line.fields, filter.fields) &&
    fitsText(line.message, text);
}
