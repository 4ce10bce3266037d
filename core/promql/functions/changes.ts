import type { FunctionTable, RangeFunction, Window } from './definition.ts';
import { anchored } from './extended.ts';

/** How often neighbours within the window are of the given kind. */
function counting(counts: (previous: number, current: number) => boolean): RangeFunction {
  const range = ({ values, from, to }: Window): number => {
    let count = 0;
    for (let i = from + 1; i < to; i++) if (counts(values[i - 1]!, values[i]!)) count++;
    return count;
  };
  return {
    kind: 'range',
    args: ['matrix'],
    range,
    extended: (window, smoothed) => {
      if (smoothed) return undefined;
      const from = anchored(window);
      return from === undefined ? undefined : range({ ...window, from });
    },
  };
}

/** How often a value changed, or a counter began anew, within the window. */
export const CHANGE_FUNCTIONS: FunctionTable = {
  changes: counting((previous, current) => current !== previous && !(Number.isNaN(current) && Number.isNaN(previous))),
  resets: counting((previous, current) => current < previous),
};
