import type { HeldView } from '../../core/limits/answer.ts';
import { many, printable } from '../terminal/text.ts';

/** In a line, and one more for each relay where something is not as it should be. */
export function heldText({ relays }: HeldView): string {
  if (relays.length === 0) return 'no relay is connected; each is told when it comes';
  const there = relays.filter(({ state }) => state === 'in_force').length;
  return [
    `in force at ${there} of ${many(relays.length, "relay's process", "relays' processes")}`,
    ...relays.flatMap(({ key, state, trouble }) => {
      const why = {
        in_force: '',
        newer: 'it has a newer list, of another core: the next order that is given here takes its place',
        ...WHY,
      }[state];
      return [why, trouble ?? ''].filter((text) => text !== '').map((text) => `  ${key}: ${printable(text)}`);
    }),
  ].join('\n');
}

const WHY = {
  waiting: 'it has not said that it has them',
  not_counted: 'it keeps them without effect: write `cardinality: {}` into its configuration',
};
