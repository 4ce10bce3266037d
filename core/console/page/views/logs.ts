import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, type Parameters } from '../api.ts';
import { h } from '../element.ts';
import { formatCount, plural } from '../format.ts';
import type { ViewProps } from '../lazy-view.ts';
import { Histogram, type HistogramAnswer } from '../logs/histogram.ts';
import { LEVELS, type Line, type LinePage, levelClass } from '../logs/line.ts';
import { LineRow } from '../logs/line-row.ts';
import { type Tail, useTail } from '../logs/use-tail.ts';
import { valueChips, valueInput } from '../parts/filter-values.ts';
import { icon } from '../parts/icon.ts';
import { Loading, Message, Trouble } from '../parts/message.ts';
import { TimePicker } from '../parts/time-picker.ts';
import { change } from '../router.ts';
import { fixedRange, readRange, type TimeRange } from '../time-range.ts';
import { useAsk } from '../use-ask.ts';

const PAGE = 200;
const BUCKETS = 90;

/** Search, live tail, and how many lines there were when. */
export function Logs({ place: { params } }: ViewProps): VNode {
  const range = readRange(params, Date.now());
  const live = params.get('live') === '1';
  const [turn, again] = useState(0);
  const filter: Parameters = {
    q: params.get('q'),
    host: params.getAll('host'),
    service: params.getAll('service'),
    level: params.getAll('level'),
  };
  const tail = useTail(live ? filter : null);
  return h(
    'section',
    'logs',
    h(
      'div',
      'title',
      h('h1', null, 'Logs'),
      h('span', 'grow'),
      h(
        'button',
        {
          type: 'button',
          class: live ? 'on' : '',
          'aria-pressed': live,
          onClick: () => change({ live: live ? null : '1' }),
        },
        icon(live ? 'stop' : 'play'),
        live ? 'Stop tail' : 'Live tail',
      ),
      live ? null : h(TimePicker, { range }),
    ),
    h(SearchForm, { params, onSearch: () => again(turn + 1) }),
    live
      ? h(TailList, { tail, search: String(filter.q ?? '') })
      : h(Found, { filter, range, key: JSON.stringify([filter, range.span ?? range, turn]) }),
  );
}

const filterBy = (name: 'host' | 'service' | 'level', value: string) => change({ [name]: value });

function SearchForm({ params, onSearch }: { params: URLSearchParams; onSearch: () => void }): VNode {
  const [text, type] = useState(params.get('q') ?? '');
  const asked = params.get('q') ?? '';
  useEffect(() => type(asked), [asked]);
  const names = useAsk('log names', async (signal) => {
    const hosts = await ask<{ data: string[] }>('/api/v1/label/instance/values', { limit: 2000 }, signal);
    return hosts.data;
  });
  const levels = new Set(params.getAll('level'));
  const several = (name: 'host' | 'service', words: string, list?: readonly string[]) =>
    h(
      'div',
      'several',
      valueChips(params, name, words),
      valueInput(params, name, { label: `Add a ${words}`, words, list: list ? `list-${name}` : undefined }),
      list
        ? h(
            'datalist',
            { id: `list-${name}` },
            list.map((value) => h('option', { value })),
          )
        : null,
    );
  return h(
    'form',
    {
      class: 'search',
      role: 'search',
      onSubmit: (event: Event) => {
        event.preventDefault();
        change({ q: text });
        // The same question again is a new one: there are new lines.
        onSearch();
      },
    },
    h(
      'div',
      'query-line',
      h('input', {
        type: 'search',
        class: 'wide',
        value: text,
        placeholder: 'Words, or "a phrase in quotes"; empty finds every line',
        'aria-label': 'Search in lines',
        spellcheck: false,
        autocomplete: 'off',
        onInput: (event: Event) => type((event.currentTarget as HTMLInputElement).value),
      }),
      h('button', { type: 'submit', class: 'primary' }, icon('search'), 'Search'),
    ),
    h(
      'div',
      'filters',
      several('host', 'host', names.data ?? []),
      several('service', 'service'),
      h(
        'div',
        { class: 'levels', role: 'group', 'aria-label': 'Levels' },
        LEVELS.slice(0, 5).map((level) =>
          h(
            'button',
            {
              type: 'button',
              class: `chip ${levelClass(level)}`,
              'aria-pressed': levels.has(level),
              onClick: () =>
                change({ level: levels.has(level) ? [...levels].filter((one) => one !== level) : [...levels, level] }),
            },
            level,
          ),
        ),
      ),
    ),
  );
}

/** What a search found, page by page, and its histogram. A new search is a new one of these. */
function Found({ filter, range }: { filter: Parameters; range: TimeRange }): VNode {
  const [more, add] = useState<{ lines: readonly Line[]; next: string | null } | null>(null);
  const [loading, load] = useState(false);
  const [trouble, tell] = useState<Error | null>(null);
  const times = { start: range.start / 1000, end: (range.end + (range.span === null ? 0 : 1)) / 1000 };
  const [asked] = useState(times);
  const found = useAsk('search', (signal) =>
    ask<LinePage>('/api/v1/logs', { ...filter, ...asked, limit: PAGE }, signal),
  );
  const counted = useAsk('histogram', (signal) =>
    ask<HistogramAnswer>(
      '/api/v1/logs/histogram',
      { ...filter, ...asked, step: Math.max(0.001, (asked.end - asked.start) / BUCKETS) },
      signal,
    ),
  );
  if (!found.data) return found.error ? h(Trouble, { error: found.error }) : h(Loading, { what: 'lines' });
  const lines = [...found.data.lines, ...(more?.lines ?? [])];
  const next = more ? more.next : found.data.next;
  const older = async () => {
    load(true);
    try {
      const page = await ask<LinePage>('/api/v1/logs', { ...filter, ...asked, limit: PAGE, cursor: next });
      add({ lines: [...(more?.lines ?? []), ...page.lines], next: page.next });
      tell(null);
    } catch (error) {
      tell(error as Error);
    }
    load(false);
  };
  return h(
    'div',
    'found',
    found.error ? h(Trouble, { error: found.error }) : null,
    counted.data
      ? h(Histogram, { answer: counted.data, onZoom: (start, end) => change(fixedRange(start, end)) })
      : h('div', 'histogram empty', counted.error ? h(Trouble, { error: counted.error }) : null),
    h(
      'p',
      { class: 'quiet', role: 'status' },
      `${plural(lines.length, 'line')} shown, newest first; looked at ${formatCount(found.data.scanned.lines)} in ${plural(found.data.scanned.blocks, 'block')}`,
    ),
    lines.length === 0
      ? h(Message, {
          title: 'No line fits',
          text: 'Choose a longer time, fewer words, or take a filter out. Words are whole words; a part of one goes in quotes: "refus".',
        })
      : h(
          'ol',
          'lines',
          lines.map((line) => h(LineRow, { key: line.id, line, search: String(filter.q ?? ''), onFilter: filterBy })),
        ),
    trouble ? h(Trouble, { error: trouble }) : null,
    next === null
      ? null
      : h(
          'button',
          { type: 'button', class: 'older', disabled: loading, onClick: () => void older() },
          loading ? 'Loading …' : 'Older lines',
        ),
  );
}

function TailList({ tail, search }: { tail: Tail; search: string }): VNode {
  const skipped = tail.skipped === null ? 'some lines were' : plural(tail.skipped, 'line was', 'lines were');
  return h(
    'div',
    'found',
    h(
      'p',
      { class: 'quiet', role: 'status' },
      h(
        'span',
        { class: tail.state === 'open' ? 'link up' : 'link down' },
        h('i', 'dot'),
        tail.state === 'open' ? 'Following' : 'Connecting; it goes on where it was',
      ),
      ` · ${plural(tail.lines.length, 'line')}, newest first`,
      tail.skipped === 0
        ? ''
        : ` · ${skipped} left out because they came faster than they could be shown; search has them`,
    ),
    tail.lines.length === 0
      ? h(Message, { title: 'Waiting for lines', text: 'Lines that fit appear here as they are stored.' })
      : h(
          'ol',
          'lines',
          tail.lines.map((line) => h(LineRow, { key: line.id, line, search, onFilter: filterBy })),
        ),
  );
}
