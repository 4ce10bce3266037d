import type { VNode } from 'preact';
import { connection } from '../connection.ts';
import { h } from '../element.ts';
import { useStore } from '../store.ts';
import { nextTheme, theme } from '../theme.ts';
import { icon } from './icon.ts';

const LINKS: readonly (readonly [path: string, words: string, also: RegExp])[] = [
  ['/fleet', 'Fleet', /^\/($|fleet|host)/],
  ['/explore', 'Metrics', /^\/explore/],
  ['/logs', 'Logs', /^\/logs/],
  ['/alerts', 'Alerts', /^\/(alerts|silences|rules)/],
  ['/ledger', 'Ledger', /^\/(ledger|dead)/],
  ['/limits', 'Limits', /^\/limits/],
  ['/levels', 'Levels', /^\/levels/],
];

const THEME_WORDS = { system: 'As the machine', light: 'Light', dark: 'Dark' } as const;

/** Name, the views, the colours, and whether the core answers. */
export function Header({ path }: { path: string }): VNode {
  const colour = useStore(theme);
  const { up, firing } = useStore(connection);
  return h(
    'header',
    'top',
    h(
      'a',
      { class: 'brand', href: '/fleet', 'aria-label': 'Heliograph, to the fleet' },
      icon('sun'),
      h('span', null, 'Heliograph'),
    ),
    h(
      'nav',
      { 'aria-label': 'Views' },
      LINKS.map(([to, words, also]) =>
        h(
          'a',
          { href: to, 'aria-current': also.test(path) ? 'page' : undefined },
          icon(words),
          h('span', null, words),
          to === '/alerts' && firing > 0
            ? h('b', { class: 'count', 'aria-label': `${firing} firing` }, shortCount(firing))
            : null,
        ),
      ),
    ),
    h(
      'div',
      'tools',
      h(
        'span',
        { class: up ? 'link up' : 'link down' },
        h('i', 'dot'),
        h('span', null, up ? 'Connected' : 'No answer'),
      ),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet-button theme',
          'aria-label': `Colours: ${THEME_WORDS[colour]}. Change`,
          title: `Colours: ${THEME_WORDS[colour]}`,
          onClick: () => theme.set(nextTheme(colour)),
        },
        icon(colour === 'light' ? 'sun' : colour),
      ),
    ),
  );
}

/** There is room for three letters. */
function shortCount(count: number): string {
  return count > 999 ? '1k+' : String(count);
}
