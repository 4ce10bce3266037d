import type { VNode } from 'preact';
import { h } from '../element.ts';

/** A table that scrolls sideways where there is no room. The first cell names its row. */
export function table(
  name: string,
  heads: readonly string[],
  rows: readonly (readonly (VNode | string)[])[],
  numbers: readonly number[],
): VNode {
  const kind = (i: number) => (numbers.includes(i) ? 'number' : '');
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': name },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          heads.map((head, i) => h('th', { scope: 'col', class: kind(i) }, head)),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map((cells) =>
          h(
            'tr',
            null,
            cells.map((cell, i) => h('td', { class: kind(i) }, cell)),
          ),
        ),
      ),
    ),
  );
}
