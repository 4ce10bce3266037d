import type { VNode } from 'preact';
import { ask } from '../api.ts';
import type { GapsAnswer } from '../charts/holes.ts';
import { h } from '../element.ts';
import { formatCount, formatSpan, formatTime, formatValue, plural } from '../format.ts';
import { Loading, Trouble } from '../parts/message.ts';
import { table } from '../parts/table.ts';
import { useAsk } from '../use-ask.ts';
import { hostAddress } from '../views/fleet.ts';

interface Amount {
  readonly frames: number;
  readonly items: number;
}

interface Entry {
  readonly class: string;
  readonly in: Amount;
  readonly out: Amount;
  readonly queued: Amount;
  readonly repeated: Amount;
  readonly dropped: Readonly<Record<string, Amount>>;
}

interface Tier {
  readonly tier: string;
  readonly name: string;
  readonly time: number;
  readonly entries: readonly Entry[];
  /** Of a relay: workers that it has no more, and whose accounts are in its sum. */
  readonly former?: readonly { readonly worker: number; readonly time: number; readonly emptied: boolean }[];
}

interface Hop {
  readonly from: string;
  readonly to: string;
  readonly class: string;
  readonly sent: Amount;
  readonly received: Amount;
  readonly state: string;
  /** Over the bus of a split core. */
  readonly queued?: Amount;
  readonly repeated?: Amount;
}

interface LedgerAnswer {
  readonly tiers: readonly Tier[];
  readonly hops: readonly Hop[];
  readonly balanced: boolean;
  readonly words: readonly string[];
}

interface Figure {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface DeadLetters {
  readonly groups: readonly { readonly letters: number }[];
}

const REFRESH_MS = 3_000;
const WEEK_MS = 7 * 86_400_000;

const HOP_WORDS: Readonly<Record<string, string>> = {
  equal: 'equal',
  ahead: 'on the way: reports come one after the other',
  behind: 'on the way: the receiver reports a little later',
  missing: 'MISSING',
};

/** In, out, queued, dropped and why, hop by hop: words first, then the figures they come from. */
export function Ledger(): VNode {
  const { data, error } = useAsk(
    'ledger',
    async (signal) => {
      const [ledger, fresh, gaps, letters] = await Promise.all([
        ask<LedgerAnswer>('/api/v1/ledger', {}, signal),
        ask<Readonly<Record<string, Figure>>>('/api/v1/freshness', {}, signal),
        ask<GapsAnswer>(
          '/api/v1/gaps',
          { start: (Date.now() - WEEK_MS) / 1000, end: Date.now() / 1000, limit: 100 },
          signal,
        ),
        ask<DeadLetters>('/api/v1/deadletters', { limit: 1 }, signal),
      ]);
      return { ledger, fresh, gaps, letters };
    },
    REFRESH_MS,
  );
  if (!data)
    return error
      ? h('section', null, h('h1', null, 'Ledger'), h(Trouble, { error }))
      : h(Loading, { what: 'the ledger' });
  const { ledger, fresh, gaps, letters } = data;
  return h(
    'section',
    'ledger',
    h('h1', null, 'Ledger'),
    error ? h(Trouble, { error }) : null,
    h(
      'div',
      { class: `verdict ${ledger.balanced ? 'good' : 'bad'}`, role: 'status' },
      h('strong', null, ledger.words.at(-1)),
      h('p', null, summary(ledger)),
      ledger.words.length > 1
        ? h(
            'ul',
            null,
            ledger.words.slice(0, -1).map((words) => h('li', null, words)),
          )
        : null,
    ),
    h('div', { class: 'flow', role: 'list', 'aria-label': 'The way of the data' }, flow(ledger)),
    h('h2', null, 'From hop to hop'),
    hopTable(ledger.hops),
    h('h2', null, 'Each tier’s account'),
    h('p', 'quiet', 'in = out + queued + repeated + dropped, for every class; items are samples, lines or events.'),
    ledger.tiers.map(tierTable),
    h('h2', null, 'How fresh'),
    freshness(fresh),
    h('h2', null, 'Gaps and silences of the last 7 days'),
    gapTable(gaps),
    h(
      'h2',
      null,
      h(
        'a',
        { href: '/deadletters' },
        plural(
          letters.groups.reduce((sum, group) => sum + group.letters, 0),
          'dead letter',
        ),
      ),
    ),
  );
}

function summary({ tiers }: LedgerAnswer): string {
  const core = tiers.find((tier) => tier.tier === 'core');
  const of = (dataClass: string) => core?.entries.find((entry) => entry.class === dataClass)?.out.items ?? 0;
  return `The core has stored ${plural(of('metric'), 'sample')} and ${plural(of('error') + of('log') + of('debug'), 'line')}.`;
}

/** Collectors, relays, core: what is in each now. */
function flow({ tiers, hops }: LedgerAnswer): VNode[] {
  return ['collector', 'relay', 'core'].flatMap((kind, i) => {
    const these = tiers.filter((tier) => tier.tier === kind);
    const sum = (pick: (entry: Entry) => number) =>
      these.flatMap((tier) => tier.entries).reduce((all, entry) => all + pick(entry), 0);
    const dropped = sum((entry) => Object.values(entry.dropped).reduce((all, amount) => all + amount.items, 0));
    const count = these.length === 1 ? (/^all (\d+)$/.exec(these[0]!.name)?.[1] ?? '1') : String(these.length);
    const hop = hops.filter((one) => one.to.startsWith(kind) || (kind === 'core' && one.to === 'indexers'));
    const missing = hop.some((one) => one.state === 'missing');
    const queued = sum((entry) => entry.queued.items);
    const card = h(
      'div',
      { class: 'tier', role: 'listitem' },
      h('h3', null, kind === 'core' ? (these[0]?.name ?? 'core') : plural(Number(count), kind)),
      h(
        'dl',
        null,
        h('div', null, h('dt', null, 'in'), h('dd', null, formatValue(sum((entry) => entry.in.items)))),
        h(
          'div',
          null,
          h('dt', null, kind === 'core' ? 'stored' : 'out'),
          h('dd', null, formatValue(sum((entry) => entry.out.items))),
        ),
        h('div', { class: queued > 0 ? 'unsure' : '' }, h('dt', null, 'queued'), h('dd', null, formatValue(queued))),
        h('div', { class: dropped > 0 ? 'bad' : '' }, h('dt', null, 'dropped'), h('dd', null, formatValue(dropped))),
      ),
    );
    return i === 0
      ? [card]
      : [h('div', { class: `arrow ${missing ? 'bad' : 'good'}`, 'aria-hidden': 'true' }, missing ? '✕' : '→'), card];
  });
}

function hopTable(hops: readonly Hop[]): VNode {
  if (hops.length === 0) return h('p', 'nothing', 'No tier has reported yet.');
  return table(
    'Hops',
    ['Hop', 'Class', 'Sent', 'Taken', 'State'],
    hops.map((hop) => [
      `${hop.from} → ${hop.to}`,
      hop.class,
      formatCount(hop.sent.items),
      `${formatCount(hop.received.items)}${besides(hop)}`,
      h(
        'span',
        { class: hop.state === 'missing' ? 'bad' : hop.state === 'equal' ? 'good' : 'quiet' },
        HOP_WORDS[hop.state] ?? hop.state,
      ),
    ]),
    [2, 3],
  );
}

function besides({ queued, repeated }: Hop): string {
  const words = [
    ...(queued && queued.frames > 0 ? [`${formatCount(queued.items)} wait`] : []),
    ...(repeated && repeated.frames > 0 ? [`${formatCount(repeated.items)} came again`] : []),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function tierTable(tier: Tier): VNode {
  const entries = tier.entries.filter((entry) => entry.in.frames > 0);
  const reasons = (entry: Entry) =>
    Object.entries(entry.dropped).filter(([, amount]) => amount.items > 0 || amount.frames > 0);
  return h(
    'details',
    { open: tier.tier !== 'collector' },
    h(
      'summary',
      null,
      h('b', null, `${tier.tier} ${tier.name}`),
      h('span', 'quiet', ` reported ${formatTime(tier.time, Date.now())}`),
    ),
    (tier.former ?? []).map(({ worker, time, emptied }) =>
      h(
        'p',
        emptied ? 'quiet' : 'bad',
        `With the account of worker ${worker}, which this relay has no more: ${emptied ? 'emptied' : 'not emptied'}, last heard ${formatTime(time, Date.now())}.`,
      ),
    ),
    entries.length === 0
      ? h('p', 'nothing', 'Nothing has come here yet.')
      : table(
          `Account of ${tier.tier} ${tier.name}`,
          ['Class', 'In', tier.tier === 'core' ? 'Stored' : 'Out', 'Queued', 'Repeated', 'Dropped, and why'],
          entries.map((entry) => [
            entry.class,
            formatCount(entry.in.items),
            formatCount(entry.out.items),
            formatCount(entry.queued.items),
            formatCount(entry.repeated.items),
            reasons(entry).length === 0
              ? h('span', 'quiet', 'none')
              : h(
                  'span',
                  'bad',
                  reasons(entry)
                    .map(([reason, amount]) => `${formatCount(amount.items)} ${reason}`)
                    .join(', '),
                ),
          ]),
          [1, 2, 3, 4],
        ),
  );
}

const FRESH_WORDS: Readonly<Record<string, string>> = {
  sentToQueryable: 'From sent by the collector to queryable (metrics)',
  sampleToQueryable: 'From the sample’s own time to queryable',
  sentToSearchable: 'From sent by the collector to searchable (lines)',
};

function freshness(figures: Readonly<Record<string, Figure>>): VNode {
  const known = Object.entries(figures).filter(([name, figure]) => name in FRESH_WORDS && figure.count > 0);
  if (known.length === 0) return h('p', 'nothing', 'Nothing has been measured in the last minutes.');
  return table(
    'Freshness',
    ['Way', 'Half are within', '99 of 100 within', 'Slowest'],
    known.map(([name, figure]) => [
      FRESH_WORDS[name]!,
      ...[figure.p50, figure.p99, figure.max].map((value) => formatValue(value, 'seconds')),
    ]),
    [1, 2, 3],
  );
}

function gapTable({ gaps, silences }: GapsAnswer): VNode {
  if (gaps.length === 0 && silences.length === 0)
    return h('p', 'nothing', 'None: nobody was silent, and nothing was given up.');
  const now = Date.now();
  const rows = [
    ...gaps.map((gap) => ({
      at: gap.firstTime,
      cells: [
        h('a', { href: hostAddress(gap.host) }, gap.host),
        formatTime(gap.firstTime, now),
        formatSpan(gap.lastTime - gap.firstTime),
        h('span', 'bad', `${formatCount(gap.items)} ${gap.class} items given up: ${gap.reason}`),
      ],
    })),
    ...silences.map((silence) => ({
      at: silence.from,
      cells: [
        silence.kind === 'host' ? h('a', { href: hostAddress(silence.name) }, silence.name) : `relay ${silence.name}`,
        formatTime(silence.from, now),
        silence.to === null ? 'still' : formatSpan(silence.to - silence.from),
        h('span', 'unsure', silence.reason === '' ? 'silent' : `silent: ${silence.reason}`),
      ],
    })),
  ].sort((a, b) => b.at - a.at);
  return table(
    'Gaps and silences',
    ['Who', 'From', 'For', 'Why'],
    rows.slice(0, 100).map((row) => row.cells),
    [],
  );
}
