import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { dropMetricName, NO_LABELS } from '../labels.ts';
import type { VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { vectorArgument } from './arguments.ts';
import type { FunctionTable, WholeFunction } from './definition.ts';

/** Parts of a date, in UTC, of values that are seconds since the epoch; without an argument, of the step's time. */
function part(of: (date: Date) => number): WholeFunction {
  const whole = (call: CallNode, context: Context): VectorValue => {
    const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
    const at = (seconds: number) => of(new Date(Math.trunc(seconds) * 1000));
    if (call.args.length === 0) {
      const row = set.row(NO_LABELS);
      for (const [i, time] of context.steps.entries()) put(row, i, at(time / 1000));
      return { type: 'vector', rows: set.rows() };
    }
    for (const { labels, values, present } of vectorArgument(call, 0, context).rows) {
      const row = set.row(dropMetricName(labels));
      for (let i = 0; i < present.length; i++) if (present[i] === 1) put(row, i, at(values[i]!));
    }
    return { type: 'vector', rows: set.rows() };
  };
  return { kind: 'whole', args: ['vector'], optional: 1, returns: 'vector', whole };
}

const DAY = 86_400_000;

export const DATE_FUNCTIONS: FunctionTable = {
  minute: part((date) => date.getUTCMinutes()),
  hour: part((date) => date.getUTCHours()),
  day_of_week: part((date) => date.getUTCDay()),
  day_of_month: part((date) => date.getUTCDate()),
  day_of_year: part(
    (date) =>
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 1)) /
        DAY +
      1,
  ),
  days_in_month: part((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  month: part((date) => date.getUTCMonth() + 1),
  year: part((date) => date.getUTCFullYear()),
};
