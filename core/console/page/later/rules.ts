import type { VNode } from 'preact';
import { h } from '../element.ts';
import { formatAgo, formatSpan, formatValue, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { searchField } from '../parts/search-field.ts';
import { table } from '../parts/table.ts';
import { address, change } from '../router.ts';
import { useAsk } from '../use-ask.ts';
import type { RuleGroupAnswer, RulesAnswer, ShownRule } from './alert-shapes.ts';
import { alertTabs } from './alert-tabs.ts';
import { askRules } from './alerts-answer.ts';

const REFRESH_MS = 5_000;
const TONES: Readonly<Record<string, string>> = { firing: 'bad', pending: 'unsure', inactive: 'quiet' };

/** The rules in force: what each says now, when it was evaluated last, and what is wrong with it. */
export function Rules({ place: { params } }: ViewProps): VNode {
  const { data, error } = useAsk('rules', askRules, REFRESH_MS);
  const head = [h('h1', null, 'Rules'), alertTabs('/rules', params)];
  if (!data) return h('section', 'alerts', head, error ? h(Trouble, { error }) : h(Loading, { what: 'the rules' }));
  const text = params.get('q') ?? '';
  const onlyIll = params.get('ill') === '1';
  const groups = data.groups.flatMap((group) => {
    const rules = group.rules.filter((rule) => (!onlyIll || rule.health === 'err') && fits(group, rule, text));
    return rules.length > 0 ? [{ ...group, rules }] : [];
  });
  const all = data.groups.flatMap(({ rules }) => rules);
  const ill = all.filter(({ health }) => health === 'err').length;
  return h(
    'section',
    'alerts',
    head,
    error ? h(Trouble, { error }) : null,
    refused(data),
    h(
      'div',
      { class: 'search', role: 'search' },
      h(
        'div',
        'query-line',
        searchField(text, 'Search in rules', 'Words of a name, an expression, a group or a file'),
        h(
          'button',
          { type: 'button', 'aria-pressed': onlyIll, onClick: () => change({ ill: onlyIll ? null : '1' }) },
          `${plural(ill, 'rule')} with an error`,
        ),
      ),
    ),
    all.length === 0
      ? h(Message, {
          title: 'There are no rules',
          text: 'Name files of Prometheus’ rules in the configuration: alerts, rules, files. docs/alerts.md says how.',
        })
      : groups.length === 0
        ? h(Message, { title: 'No rule fits', text: 'Take a word out of the search above.' })
        : groups.map((group) => h(Group, { key: `${group.file}\n${group.name}`, group })),
  );
}

function fits({ name: group, file }: RuleGroupAnswer, { name, query }: ShownRule, text: string): boolean {
  const all = [group, file, name, query].join('\n').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

function refused({ refused: files = [] }: RulesAnswer): VNode | null {
  if (files.length === 0) return null;
  return h(
    'div',
    { class: 'trouble', role: 'alert' },
    h('strong', null, `${plural(files.length, 'file')} cannot be used; the rules before stay.`),
    files.map(({ file, error }) => h('p', null, `${file}: ${error}`)),
  );
}

function Group({ group }: { readonly group: RuleGroupAnswer }): VNode {
  const { name, file, interval, evaluationTime, lastEvaluation, rules } = group;
  const now = Date.now();
  const last = lastWords(lastEvaluation, now);
  const evaluated = last === 'never' ? 'not evaluated yet' : `${last}, in ${formatValue(evaluationTime, 'seconds')}`;
  return h(
    'div',
    'rule-group',
    h('h2', null, name, h('span', 'quiet', ` ${file} · every ${formatSpan(interval * 1000)} · ${evaluated}`)),
    table(
      `Rules of ${name}`,
      ['State', 'Rule', 'Expression', 'Last', 'Took'],
      rules.map((rule) => [
        stateOf(rule),
        h('div', null, h('strong', null, rule.name), h('div', 'quiet', aside(rule))),
        h(
          'div',
          'expression',
          h(
            'a',
            { href: address('/explore', { query: rule.query }), title: 'Look at its chart' },
            h('code', null, rule.query),
          ),
          rule.lastError ? h('p', { class: 'bad' }, rule.lastError) : null,
        ),
        h('span', 'once', lastWords(rule.lastEvaluation, now)),
        formatValue(rule.evaluationTime, 'seconds'),
      ]),
      [4],
    ),
  );
}

function stateOf({ health, state }: ShownRule): VNode {
  if (health === 'err') return badge('bad', 'error');
  if (health === 'unknown') return badge('quiet', 'not yet');
  return state === undefined ? badge('good', 'ok') : badge(TONES[state] ?? 'quiet', state);
}

function badge(tone: string, words: string): VNode {
  return h('span', { class: `badge ${tone}` }, h('i', 'dot'), h('b', null, words));
}

function aside({ type, duration = 0, keepFiringFor = 0, labels, line }: ShownRule): string {
  return [
    ...(type === 'recording' ? ['records'] : []),
    ...(duration > 0 ? [`for ${formatSpan(duration * 1000)}`] : []),
    ...(keepFiringFor > 0 ? [`keeps firing for ${formatSpan(keepFiringFor * 1000)}`] : []),
    ...(labels.severity ? [labels.severity] : []),
    ...(line === undefined ? [] : [`line ${line}`]),
  ].join(' · ');
}

/** Prometheus gives the year 1 for never. */
function lastWords(time: string, now: number): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) || ms <= 0 ? 'never' : formatAgo(ms, now);
}
