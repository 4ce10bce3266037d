import { RE2JS } from 're2js';
import { compileMatcher, matchesEmpty } from '../../../lib/promql/matchers.ts';
import type { Matcher } from '../../ports/metric-store.ts';
import type { CallNode, SelectorNode } from '../ast.ts';
import type { Context } from '../context.ts';
import { executionError } from '../errors.ts';
import { infoReference } from '../info-reference.ts';
import type { Labels } from '../labels.ts';
import { describeLabels, labelValue, METADATA, METRIC_NAME, NO_LABELS, withLabel } from '../labels.ts';
import { selectVector } from '../select.ts';
import type { Row, VectorValue } from '../value.ts';
import { put, RowSet } from '../value.ts';
import { vectorArgument } from './arguments.ts';
import type { FunctionTable } from './definition.ts';

/** The labels that a series and its info series share. */
const IDENTIFYING = ['instance', 'job'] as const;
const TARGET_INFO: Matcher = { name: METRIC_NAME, operator: '=', value: 'target_info' };
const ANY_INFO: Matcher = { name: METRIC_NAME, operator: '=~', value: '.+_info' };

/** info(v, {selector}): the series with the labels of the info series of the same instance and job, those asked for or all. */
function info(call: CallNode, context: Context): VectorValue {
  const { rows } = vectorArgument(call, 0, context);
  const selector = call.args[1];
  const matchers = selector?.kind === 'selector' ? selector.matchers : [];
  const names = nameMatchers(matchers.filter(({ name }) => name === METRIC_NAME));
  const data = matchers.filter(({ name }) => name !== METRIC_NAME);
  const isInfo = names.map((matcher) => compileMatcher(matcher));
  const ignored = new Set(rows.filter(({ labels }) => isInfo.every((test) => test(labelValue(labels, METRIC_NAME)))));
  const infos = identities(rows.filter((row) => !ignored.has(row))).flatMap((identity) =>
    selectInfos([...identity, ...data, ...names], call, context),
  );
  const byIdentity = Map.groupBy(infos, ({ labels }) => identityOf(labels));
  const set = new RowSet(context.steps.length, (samples) => context.budget.charge(samples));
  const wanted = data.length === 0 ? undefined : new Set(data.map(({ name }) => name));
  const dropped = data.some((matcher) => !matchesEmpty(matcher));
  for (const row of rows) {
    context.budget.check();
    const own = ignored.has(row) ? [] : (byIdentity.get(identityOf(row.labels)) ?? []);
    let known: readonly Row[] | undefined;
    let to: Row | undefined;
    for (let i = 0; i < row.present.length; i++) {
      if (row.present[i] !== 1) continue;
      const newest = newestOf(own, i);
      if (newest.length === 0 && dropped && !ignored.has(row)) continue;
      // Info series seldom change from step to step.
      if (to === undefined || known === undefined || !sameRows(known, newest)) {
        to = set.row(enriched(row.labels, newest, wanted));
        known = newest;
      }
      put(to, i, row.values[i]!);
    }
  }
  return { type: 'vector', rows: set.rows() };
}

function sameRows(a: readonly Row[], b: readonly Row[]): boolean {
  return a.length === b.length && a.every((row, i) => row === b[i]);
}

/** Something positive about the name must be said, or all that is named ..._info is meant. */
function nameMatchers(stated: readonly Matcher[]): readonly Matcher[] {
  if (stated.length === 0) return [TARGET_INFO];
  const positive = stated.some(({ operator }) => operator === '=' || operator === '=~');
  return positive ? stated : [ANY_INFO, ...stated];
}

/** Matchers for the info series of all rows, one list for each set of identifying labels that rows have. */
function identities(rows: readonly Row[]): Matcher[][] {
  const groups = new Map<string, Set<string>[]>();
  for (const { labels } of rows) {
    const values = IDENTIFYING.map((name) => labelValue(labels, name));
    const key = values.map((value) => (value === '' ? '0' : '1')).join('');
    if (!key.includes('1')) continue;
    const sets = groups.get(key) ?? IDENTIFYING.map(() => new Set<string>());
    for (const [i, value] of values.entries()) sets[i]!.add(value);
    groups.set(key, sets);
  }
  return [...groups.values()].map((sets) =>
    sets.map((values, i): Matcher => {
      const name = IDENTIFYING[i]!;
      if (values.has('')) return { name, operator: '=', value: '' };
      return {
        name,
        operator: '=~',
        value: [...values]
          .sort()
          .map((value) => RE2JS.quote(value))
          .join('|'),
      };
    }),
  );
}

/** Info series at each step, each value the time of the sample there. They are read at the times the first argument is. */
function selectInfos(matchers: Matcher[], call: CallNode, context: Context): Row[] {
  const { offset, pin } = infoReference(call.args[0]!, context);
  const node: SelectorNode = {
    kind: 'selector',
    at: call.at,
    matchers,
    name: undefined,
    offset,
    pin,
    edges: undefined,
  };
  return selectVector(context, node, 'time');
}

function identityOf(labels: Labels): string {
  return JSON.stringify(IDENTIFYING.map((name) => labelValue(labels, name)));
}

/** Of each info metric the series with the newest sample. Two of the same time are an error. */
function newestOf(infos: readonly Row[], step: number): Row[] {
  const byName = new Map<string, Row>();
  for (const row of infos) {
    if (row.present[step] !== 1) continue;
    const name = labelValue(row.labels, METRIC_NAME);
    const known = byName.get(name);
    if (known !== undefined && known.values[step] === row.values[step]) {
      const [a, b] = [known, row].map(({ labels }) => `${describeLabels(labels)} @ ${row.values[step]! * 1000}`);
      throw executionError(`found duplicate series for info metric: existing ${a}, new ${b}`);
    }
    if (known === undefined || known.values[step]! < row.values[step]!) byName.set(name, row);
  }
  return [...byName.values()];
}

/** What the info series say besides, where it is asked for; a label of the series itself stays as it is. */
function enriched(base: Labels, infos: readonly Row[], wanted: ReadonlySet<string> | undefined): Labels {
  let added: Labels = NO_LABELS;
  for (const { labels } of infos) {
    for (let i = 0; i < labels.length; i += 2) {
      const [name, value] = [labels[i]!, labels[i + 1]!];
      if (METADATA.includes(name) || (wanted !== undefined && !wanted.has(name))) continue;
      const known = labelValue(added, name);
      if (known !== '' && known !== value) throw executionError(`conflicting label: ${name}`);
      if (labelValue(base, name) === '') added = withLabel(added, name, value);
    }
  }
  let labels = base;
  for (let i = 0; i < added.length; i += 2) labels = withLabel(labels, added[i]!, added[i + 1]!);
  return labels;
}

export const INFO_FUNCTIONS: FunctionTable = {
  info: { kind: 'whole', args: ['vector', 'vector'], optional: 1, returns: 'vector', whole: info },
};
