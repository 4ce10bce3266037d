import type { FunctionTable } from './definition.ts';

/** How often a value changed, or a counter began anew, within the window. */
export const CHANGE_FUNCTIONS: FunctionTable = {
  changes: {
    kind: 'range',
    args: ['matrix'],
    range({ values, from, to }) {
      let changes = 0;
      for (let i = from + 1; i < to; i++) {
        const [previous, current] = [values[i - 1]!, values[i]!];
        if (current !== previous && !(Number.isNaN(current) && Number.isNaN(previous))) changes++;
      }
      return changes;
    },
  },
  resets: {
    kind: 'range',
    args: ['matrix'],
    range({ values, from, to }) {
      let resets = 0;
      for (let i = from + 1; i < to; i++) if (values[i]! < values[i - 1]!) resets++;
      return resets;
    },
  },
};
