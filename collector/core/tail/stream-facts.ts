import type { RecordFacts } from './contract.ts';
import type { RecordTable } from './record-table.ts';

const FIELDS: readonly Readonly<Record<string, string>>[] = [{ stream: 'stdout' }, { stream: 'stderr' }];

/** What a container runtime says of a line: when it was written, and to which stream. */
export function streamFacts(table: RecordTable): RecordFacts {
  return {
    time: (i) => table.times[i]!,
    lowest: null,
    level: () => null,
    service: () => null,
    fields: (i) => FIELDS[table.streams[i]!]!,
  };
}
