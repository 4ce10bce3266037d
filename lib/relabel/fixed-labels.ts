import { RESERVED_LABELS } from '../../proto/page.ts';
import type { RelabelKind } from './rule.ts';

/** What rules must not set, and why. `__name__` is the metric's name and no label that somebody else gives. */
export const FIXED_LABELS: Readonly<Record<RelabelKind, ReadonlyMap<string, string>>> = {
  metrics: new Map(
    [...RESERVED_LABELS]
      .filter((label) => label !== '__name__')
      .map((label) => [label, 'relay and core give this label: choose another name']),
  ),
  logs: new Map([
    ['log.level', 'the class of a line follows from its level: set levels in "indexer" of the core'],
    ['@timestamp', 'the time of a line is read from the line: set it in "indexer" of the core'],
  ]),
};
