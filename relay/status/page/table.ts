import { element } from './element.ts';

export type Cell = string | Node;

/** A table that scrolls sideways where there is no room. @param numbers columns that stand to the right */
export function table(
  name: string,
  heads: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  numbers: ReadonlySet<number>,
): HTMLElement {
  const kind = (i: number): Readonly<Record<string, string>> => (numbers.has(i) ? { class: 'number' } : {});
  const head = heads.map((cell, i) => {
    const sorted = cell instanceof HTMLElement ? cell.dataset.order : undefined;
    return element('th', { scope: 'col', ...kind(i), ...(sorted ? { 'aria-sort': sorted } : {}) }, cell);
  });
  const body = rows.map((cells) => element('tr', {}, ...cells.map((cell, i) => element('td', kind(i), cell))));
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': name },
    element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
  );
}
