import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { dropMetricName, NO_LABELS } from '../labels.ts';
import type { VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { vectorArgument } from './arguments.ts';
import type { CivilDate } from './civil-date.ts';
import { civilDate } from './civil-date.ts';
import type { FunctionTable, WholeFunction } from './definition.ts';

/** Parts of a date, in UTC, of values that are seconds since the epoch; without an argument, of the step's time. */
function part(of: (date: CivilDate) => number): WholeFunction {
  const whole = (call: CallNode, context: Context): VectorValue => {
    const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
    const at = (seconds: number) => of(civilDate(seconds));
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

export const DATE_FUNCTIONS: FunctionTable = {
  minute: part(({ minute }) => minute),
  hour: part(({ hour }) => hour),
  day_of_week: part(({ weekday }) => weekday),
  day_of_month: part(({ day }) => day),
  day_of_year: part(({ dayOfYear }) => dayOfYear),
  days_in_month: part(({ daysInMonth }) => daysInMonth),
  month: part(({ month }) => month),
  year: part(({ year }) => year),
};
