import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { AlertPlace } from '../../../api/alerts/alert-place.ts';
import { h } from '../element.ts';
import { formatCount, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { searchField } from '../parts/search-field.ts';
import { change } from '../router.ts';
import { useAsk } from '../use-ask.ts';
import { AlertHistory } from './alert-history.ts';
import { AlertRow } from './alert-row.ts';
import type { AlertsAnswer, RulesAnswer, ShownAlert } from './alert-shapes.ts';
import { alertTabs } from './alert-tabs.ts';
import { askAlerts, askRules } from './alerts-answer.ts';
import { Receivers } from './receivers.ts';
import { TokenField } from './token-field.ts';

const REFRESH_MS = 3_000;
const RULES_MS = 60_000;
/** Of so many it is asked less often: each answer looks at all. */
const MANY = 2_000;
const REFRESH_MANY_MS = 10_000;
const SHOWN = 200;
const PLACES: readonly AlertPlace[] = ['firing', 'pending', 'acknowledged', 'silenced', 'ended'];
/** What is shown unless the address says otherwise: what somebody should look at. */
const USUAL: readonly AlertPlace[] = ['firing', 'pending', 'acknowledged'];

/** What fires and pends, who has it in hand, and what was before. */
export function Alerts({ place: { params } }: ViewProps): VNode {
  const show = params.get('show') ?? '';
  return h(
    'section',
    'alerts',
    h('h1', null, 'Alerts'),
    alertTabs('/alerts', params),
    show === 'history' ? h(AlertHistory, { params }) : show === 'receivers' ? h(Receivers, null) : h(Now, { params }),
  );
}

function Now({ params }: { params: URLSearchParams }): VNode {
  const [turn, again] = useState(0);
  const asked = params.getAll('state');
  const places = new Set<string>(asked.length > 0 ? asked : USUAL);
  const question = {
    q: params.get('q') ?? '',
    severity: params.get('severity') ?? '',
    source: params.get('source') ?? '',
    place: PLACES.filter((one) => places.has(one)),
  };
  const { data, error } = useAsk(
    JSON.stringify(['alerts', turn, question]),
    (signal) => askAlerts({ ...question, state: 'all', limit: SHOWN }, signal),
    (last) => (last && sum(last.places) > MANY ? REFRESH_MANY_MS : REFRESH_MS),
  );
  const rules = useAsk('rules of alerts', askRules, RULES_MS);
  if (!data) return error ? h(Trouble, { error }) : h(Loading, { what: 'the alerts' });
  const { alerts: found, total } = data;
  const now = Date.now();
  const queries = queriesOf(rules.data);
  return h(
    'div',
    null,
    h(Filters, { params, data, places }),
    error ? h(Trouble, { error }) : null,
    found.length === 0
      ? nothing(asked.length > 0 || [question.q, question.severity, question.source].some((given) => given !== ''))
      : h(
          'ul',
          { class: 'alert-list', 'aria-label': 'Alerts' },
          found.map((alert) =>
            h(AlertRow, {
              key: alert.key,
              ...{ alert, now, query: queries(alert), onDone: () => again((before) => before + 1) },
            }),
          ),
        ),
    total > found.length
      ? h('p', 'quiet', `${formatCount(total - found.length)} more are not shown: narrow the search.`)
      : null,
    h(
      'details',
      { class: 'who' },
      h('summary', null, 'Your token, to acknowledge and to silence'),
      h(TokenField, { scope: 'alerts:write' }),
    ),
  );
}

function sum(places: AlertsAnswer['places']): number {
  return Object.values(places).reduce((all, count) => all + count, 0);
}

function nothing(filtered: boolean): VNode {
  return h(Message, {
    title: filtered ? 'No alert fits' : 'Nothing fires',
    text: filtered
      ? 'Take a word or a choice out of the search above.'
      : 'And nothing is about to, as far as the rules can tell.',
  });
}

function Filters(props: { params: URLSearchParams; data: AlertsAnswer; places: ReadonlySet<string> }): VNode {
  const { params, data, places } = props;
  const toggle = (one: AlertPlace) => {
    const next = new Set(places);
    if (!next.delete(one)) next.add(one);
    const list = PLACES.filter((each) => next.has(each));
    change({ state: list.join() === USUAL.join() ? null : list });
  };
  return h(
    'div',
    { class: 'search', role: 'search' },
    h(
      'div',
      'query-line',
      searchField(
        params.get('q') ?? '',
        'Search in alerts',
        'Words of a label, such as instance=web-1, or of what is said',
      ),
      choice(params, 'severity', 'any severity', data.severities),
      choice(params, 'source', 'found by anybody', data.sources),
    ),
    h(
      'div',
      { class: 'filters', role: 'group', 'aria-label': 'Which alerts' },
      PLACES.map((one) =>
        h(
          'button',
          { type: 'button', class: `chip ${one}`, 'aria-pressed': places.has(one), onClick: () => toggle(one) },
          `${one} `,
          h('b', null, formatCount(data.places[one])),
        ),
      ),
      h('span', { class: 'quiet', role: 'status' }, plural(data.total, 'alert')),
    ),
  );
}

function choice(params: URLSearchParams, name: string, any: string, values: readonly string[]): VNode {
  const chosen = params.get(name) ?? '';
  // What the address asks for can be taken out also where no alert has it now.
  const all = chosen === '' || values.includes(chosen) ? values : [...values, chosen];
  return h(
    'select',
    {
      'aria-label': name === 'severity' ? 'Severity' : 'Source',
      value: chosen,
      onChange: (event: Event) => change({ [name]: (event.currentTarget as HTMLSelectElement).value }),
    },
    h('option', { value: '' }, any),
    all.map((value) => h('option', { value }, value)),
  );
}

/** An alert's rule is the one of its name whose labels it has. */
function queriesOf(rules: RulesAnswer | null): (alert: ShownAlert) => string | null {
  const byName = new Map<string, { query: string; labels: Readonly<Record<string, string>> }[]>();
  for (const { rules: some } of rules?.groups ?? []) {
    for (const { type, name, query, labels } of some) {
      if (type === 'alerting') byName.set(name, [...(byName.get(name) ?? []), { query, labels }]);
    }
  }
  return ({ source, labels }) => {
    if (source !== 'rule') return null;
    const named = byName.get(labels.alertname ?? '') ?? [];
    // A label that is a template is another in the alert.
    const fitting = named.find((rule) =>
      Object.entries(rule.labels).every(([name, value]) => value.includes('{{') || labels[name] === value),
    );
    return (fitting ?? named[0])?.query ?? null;
  };
}
