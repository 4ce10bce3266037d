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
    const most = parameters.limit('group_limit', 0);
    const { groups, next } = page(wanted.groups(alerts.rules.groups), most, parameters.text('group_next_token'));
    const shown = groups.flatMap((group) => {
      const rules = group.rules.filter(wanted.rule);
      return rules.length > 0 || wanted.all ? [groupJson(group, rules, alerts, bare)] : [];
    });
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
    /** Groups without rules are shown too. */
    all: type === null && names.size === 0 && sets.length === 0,
    groups: (all: readonly GroupInUse[]) =>
      all.filter(({ group }) => any(groups, group.name) && any(files, group.file)),
    rule: ({ rule }: RuleInUse): boolean => {
      const name = ruleName(rule);
      if (type !== null && rule.kind !== type) return false;
      return any(names, name) && (sets.length === 0 || sets.some((matches) => matches(rule.labels)));
    },
  };
}

/** @param token the `groupNextToken` of the page before */
function page(all: readonly GroupInUse[], most: number, token: string | null) {
  if (token !== null && most === 0)
    throw badParameter('group_limit', 'group_limit needs to be set when group_next_token is');
  const from = token === null ? 0 : all.findIndex((group) => tokenOf(group) === token);
  if (from < 0) throw badParameter('group_next_token', 'invalid group_next_token: the rules changed; begin again');
  const end = most === 0 ? all.length : from + most;
  const following = all[end];
  return { groups: all.slice(from, end), next: following ? tokenOf(following) : null };
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
