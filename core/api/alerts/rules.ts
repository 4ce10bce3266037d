import type { FastifyInstance } from 'fastify';
import { compileMatchers } from '../../../lib/promql/matchers.ts';
import { parseSelector } from '../../../lib/promql/selector.ts';
import type { Alerts } from '../../alerts/open.ts';
import { ruleName } from '../../alerts/rules/file.ts';
import type { GroupInUse } from '../../alerts/rules/rule-evaluator.ts';
import type { RuleInUse } from '../../alerts/rules/rule-in-use.ts';
import { success } from '../answers.ts';
import { badParameter, Parameters } from '../parameters.ts';
import type { ApiParts } from '../parts.ts';
import { alertView, iso } from './alert-view.ts';
import { alertsOf } from './alerts-of.ts';

/** What Prometheus says of something that was never evaluated. */
const NEVER = '0001-01-01T00:00:00Z';

/** GET /api/v1/rules, as Prometheus has it: its parameters, its JSON, and beside it `refused`, the files that cannot be used. */
export function addRuleRoutes(app: FastifyInstance, parts: Pick<ApiParts, 'alerts'>): void {
  app.get('/api/v1/rules', async (request) => {
    const alerts = alertsOf(parts);
    const parameters = new Parameters(request.raw.url ?? '', null);
    const wanted = wantedRules(parameters);
    const bare = flag(parameters, 'exclude_alerts');
    const most = groupLimit(parameters);
    const all = wanted.groups(alerts.rules.groups).toSorted(byPlace);
    const { groups, next } = page(all, wanted.rule, most, parameters.text('group_next_token'));
    const shown = groups.map(({ group, rules }) => groupJson(group, rules, alerts, bare));
    const refused = [...alerts.rules.trouble].map(([file, error]) => ({ file, error }));
    return success({ groups: shown, ...(next === null ? {} : { groupNextToken: next }), refused });
  });
}

function wantedRules(parameters: Parameters) {
  const type = parameters.text('type')?.toLowerCase() ?? null;
  if (type !== null && type !== 'alert' && type !== 'record') {
    throw badParameter('type', `not supported value ${JSON.stringify(type)}`);
  }
  const names = new Set(parameters.list('rule_name[]'));
  const groups = new Set(parameters.list('rule_group[]'));
  const files = new Set(parameters.list('file[]'));
  const sets = parameters.list('match[]').map((text) => compileMatchers(parseSelector(text)));
  const any = (set: ReadonlySet<string>, name: string) => set.size === 0 || set.has(name);
  return {
    groups: (all: readonly GroupInUse[]) =>
      all.filter(({ group }) => any(groups, group.name) && any(files, group.file)),
    rule: ({ rule }: RuleInUse): boolean => {
      const name = ruleName(rule);
      if (type !== null && rule.kind !== type) return false;
      return any(names, name) && (sets.length === 0 || sets.some((matches) => matches(rule.labels)));
    },
  };
}

/** Null: all groups. */
function groupLimit(parameters: Parameters): number | null {
  const text = parameters.text('group_limit');
  if (text === null) return null;
  const most = parameters.limit('group_limit', 0);
  if (most === 0) throw badParameter('group_limit', 'group_limit needs to be greater than 0');
  return most;
}

/** As Prometheus orders groups. */
function byPlace({ group: a }: GroupInUse, { group: b }: GroupInUse): number {
  const [left, right] = a.file === b.file ? [a.name, b.name] : [a.file, b.file];
  return left < right ? -1 : left > right ? 1 : 0;
}

interface GroupPage {
  readonly groups: { readonly group: GroupInUse; readonly rules: readonly RuleInUse[] }[];
  /** Of the page that follows; null: this is the last. */
  readonly next: string | null;
}

/** Groups with a rule that fits: `most` of them, whatever was left out between. @param token the `next` of the page before */
function page(
  all: readonly GroupInUse[],
  fits: (rule: RuleInUse) => boolean,
  most: number | null,
  token: string | null,
): GroupPage {
  if (token !== null && most === null)
    throw badParameter('group_limit', 'group_limit needs to be set when group_next_token is');
  const from = token === null ? 0 : all.findIndex((group) => tokenOf(group) === token);
  if (from < 0) throw badParameter('group_next_token', 'invalid group_next_token: the rules changed; begin again');
  const groups: GroupPage['groups'] = [];
  for (const group of all.slice(from)) {
    const rules = group.rules.filter(fits);
    if (rules.length === 0) continue;
    if (groups.length === most) return { groups, next: tokenOf(group) };
    groups.push({ group, rules });
  }
  return { groups, next: null };
}

function tokenOf({ group }: GroupInUse): string {
  return Buffer.from(`${group.file}\n${group.name}`).toString('base64url');
}

function groupJson(one: GroupInUse, rules: readonly RuleInUse[], alerts: Alerts, bare: boolean) {
  const { group, intervalMs, evaluationMs, lastEvaluation } = one;
  return {
    name: group.name,
    file: group.file,
    rules: rules.map((rule) => ruleJson(rule, alerts, bare)),
    interval: intervalMs / 1000,
    limit: group.limit,
    evaluationTime: evaluationMs / 1000,
    lastEvaluation: lastEvaluation === null ? NEVER : iso(lastEvaluation),
  };
}

function ruleJson({ rule, id, fate }: RuleInUse, { book, notifications }: Alerts, bare: boolean) {
  const common = {
    query: rule.expr,
    labels: rule.labels,
    health: fate.health,
    ...(fate.lastError === null ? {} : { lastError: fate.lastError }),
    evaluationTime: fate.evaluationMs / 1000,
    lastEvaluation: fate.lastEvaluation === null ? NEVER : iso(fate.lastEvaluation),
    line: rule.line,
  };
  if (rule.kind === 'record') return { name: rule.record, ...common, type: 'recording' };
  const active = [...book.ofMaker(id)].filter(({ state }) => state !== 'resolved');
  const firing = active.some(({ state }) => state === 'firing');
  return {
    state: firing ? 'firing' : active.length > 0 ? 'pending' : 'inactive',
    name: rule.alert,
    ...common,
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringForMs / 1000,
    annotations: rule.annotations,
    ...(bare ? {} : { alerts: active.map((alert) => alertView(alert, notifications.notifier.standing(alert))) }),
    type: 'alerting',
  };
}

function flag(parameters: Parameters, name: string): boolean {
  const text = parameters.text(name);
  if (text === null) return false;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw badParameter(name, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
