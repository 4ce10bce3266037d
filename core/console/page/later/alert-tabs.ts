import type { VNode } from 'preact';
import { h } from '../element.ts';
import { address } from '../router.ts';

const TABS: readonly (readonly [path: string, show: string, words: string])[] = [
  ['/alerts', '', 'Now'],
  ['/alerts', 'history', 'History'],
  ['/silences', '', 'Silences'],
  ['/rules', '', 'Rules'],
  ['/alerts', 'receivers', 'Receivers'],
];

/** From one of the pages about alerts to the others. */
export function alertTabs(path: string, params: URLSearchParams): VNode {
  const show = path === '/alerts' ? (params.get('show') ?? '') : '';
  return h(
    'div',
    { class: 'alert-tabs', role: 'group', 'aria-label': 'About alerts' },
    TABS.map(([to, what, words]) =>
      h(
        'a',
        { href: address(to, { show: what }), 'aria-current': to === path && what === show ? 'page' : undefined },
        words,
      ),
    ),
  );
}
