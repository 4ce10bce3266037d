import type { Fact } from '../../proto/event.ts';
import type { GrowthTold } from './growth-alarms.ts';

/** What the events are called that say that series grow abnormally, and that it is over. */
const TYPES = { begun: 'series_growing', ended: 'series_settled' } as const;

/** The event of class alert about it: type, host and facts. */
export function growthEvent({ kind, growing }: GrowthTold): {
  readonly type: string;
  readonly host: string;
  readonly facts: Readonly<Record<string, Fact>>;
} {
  const { metric, label, host, team, count, usual, values, since } = growing;
  return { type: TYPES[kind], host, facts: { metric, label, team, count, usual, values: values.join(', '), since } };
}
