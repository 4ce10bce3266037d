import type { RE2JS } from 're2js';
import { HeliographError } from '../../../lib/errors.ts';
import { compileRegex } from '../../../lib/promql/regex.ts';
import type { CallNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { executionError } from '../errors.ts';
import type { Labels } from '../labels.ts';
import { labelValue, withLabel } from '../labels.ts';
import type { VectorValue } from '../value.ts';
import { RowSet } from '../value.ts';
import { stringArgument, vectorArgument } from './arguments.ts';
import type { FunctionTable } from './definition.ts';

function relabel(call: CallNode, context: Context, change: (labels: Labels) => Labels): VectorValue {
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  for (const row of vectorArgument(call, 0, context).rows) set.add({ ...row, labels: change(row.labels) });
  return { type: 'vector', rows: set.rows() };
}

function destination(call: CallNode): string {
  const name = stringArgument(call, 1);
  if (name === '') throw executionError(`invalid destination label name in ${call.name}(): `);
  return name;
}

function patternArgument(call: CallNode, index: number): RE2JS {
  const text = stringArgument(call, index);
  try {
    return compileRegex(text);
  } catch (cause) {
    if (!(cause instanceof HeliographError)) throw cause;
    throw new HeliographError('HG_QUERY_REGEX', `invalid regular expression in ${call.name}(): ${text}`, {}, cause);
  }
}

/** label_replace(v, destination, replacement, source, pattern): the replacement where the whole source value matches. */
function labelReplace(call: CallNode, context: Context): VectorValue {
  const to = destination(call);
  const [replacement, from] = [stringArgument(call, 2), stringArgument(call, 3)];
  const pattern = patternArgument(call, 4);
  return relabel(call, context, (labels) => {
    const expanded = expand(pattern, labelValue(labels, from), replacement);
    return expanded === undefined ? labels : withLabel(labels, to, expanded);
  });
}

/** Go's Expand: $1, ${1}, $name, ${name}; $$ is a dollar; a group that is not there is empty. undefined: no match. */
function expand(pattern: RE2JS, text: string, template: string): string | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.matches()) return undefined;
  const named = pattern.namedGroups();
  return template.replace(
    /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu,
    (_, plain?: string, braced?: string) => {
      const name = plain ?? braced;
      if (name === undefined) return '$';
      const group = /^(?:0|[1-9]\d*)$/.test(name) ? Number(name) : named[name];
      if (group === undefined || group > matcher.groupCount()) return '';
      return matcher.group(group) ?? '';
    },
  );
}

/** label_join(v, destination, separator, source...): the sources' values in one label. */
function labelJoin(call: CallNode, context: Context): VectorValue {
  const to = destination(call);
  const separator = stringArgument(call, 2);
  const from = call.args.slice(3).map((_, i) => stringArgument(call, i + 3));
  if (from.includes('')) throw executionError('invalid source label name in label_join(): ');
  return relabel(call, context, (labels) =>
    withLabel(labels, to, from.map((name) => labelValue(labels, name)).join(separator)),
  );
}

export const LABEL_FUNCTIONS: FunctionTable = {
  label_replace: {
    kind: 'whole',
    args: ['vector', 'string', 'string', 'string', 'string'],
    returns: 'vector',
    whole: labelReplace,
  },
  label_join: {
    kind: 'whole',
    args: ['vector', 'string', 'string', 'string'],
    optional: 1,
    variadic: true,
    returns: 'vector',
    whole: labelJoin,
  },
};
