import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { LimitsView, RelayHolds } from '../../../limits/answer.ts';
import { ask } from '../api.ts';
import { h } from '../element.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { useAsk } from '../use-ask.ts';
import { growingList } from './growing.ts';
import { LimitForm } from './limit-form.ts';
import { LimitOrders } from './limit-orders.ts';
import type { FleetEvent } from './limits-answer.ts';
import { TokenField } from './token-field.ts';

const REFRESH_MS = 2_000;

/** Blocks and caps of series: who grows, what is ordered, and whether it is carried out. */
export function Limits(_: ViewProps): VNode {
  const [turn, again] = useState(0);
  const [wanted, want] = useState('');
  const { data, error } = useAsk(
    `limits ${turn}`,
    async (signal) => {
      const [limits, { events }] = await Promise.all([
        ask<LimitsView>('/api/v1/limits', {}, signal),
        ask<{ events: FleetEvent[] }>('/api/v1/fleet/events', {}, signal),
      ]);
      return { limits, events };
    },
    REFRESH_MS,
  );
  const head = [
    h('h1', null, 'Limits'),
    h(
      'p',
      'quiet',
      'Blocks and caps of series. They are in force at every relay and at the core’s own doors within seconds, and stay so over restarts.',
    ),
  ];
  if (!data) return h('section', 'limits', head, error ? h(Trouble, { error }) : h(Loading, { what: 'the limits' }));
  const { limits, events } = data;
  const done = () => again((before) => before + 1);
  return h(
    'section',
    'limits',
    head,
    error ? h(Trouble, { error }) : null,
    h(TokenField, { scope: 'limits:write' }),
    h('h2', null, 'Growing now'),
    growingList(events, want),
    h('h2', null, 'In force'),
    h(LimitOrders, { orders: limits.orders, now: limits.time, onDone: done }),
    relays(limits.relays),
    limits.doors
      ? null
      : h('p', 'quiet', 'Doors of the core count no series: their configuration has no section cardinality.'),
    h('h2', null, 'Block or cap'),
    h(LimitForm, { key: wanted, selector: wanted, onDone: done }),
  );
}

const WORDS: Readonly<Record<RelayHolds['state'], string>> = {
  in_force: '',
  newer: 'has a newer list, of another core: the next order that is given here takes its place',
  waiting: 'has not said yet that it has them',
  not_counted: 'keeps them without effect: its configuration has no section cardinality',
};

function relays(all: readonly RelayHolds[]): VNode {
  if (all.length === 0) return h('p', 'quiet', 'No relay is connected; each is told when it comes.');
  const there = all.filter(({ state }) => state === 'in_force').length;
  const wrong = all.flatMap(({ key, state, trouble }) => {
    const why = [WORDS[state], trouble ?? ''].filter((text) => text !== '').join('; ');
    return why === '' ? [] : [h('li', null, h('strong', null, key), ` ${why}`)];
  });
  return h(
    'div',
    { role: 'status' },
    h(
      'p',
      there === all.length ? 'good' : 'unsure',
      all.length === 1
        ? there === 1
          ? 'The relay carries them out.'
          : 'The relay does not carry them out.'
        : `${there} of ${all.length} relays’ processes carry them out.`,
    ),
    wrong.length > 0 ? h('ul', 'wrong', wrong) : null,
  );
}
