import type { VNode } from 'preact';
import { h } from '../element.ts';
import type { Labels } from './alert-shapes.ts';

/** Labels, each with its value, whatever stands in it. @param without names that are said elsewhere */
export function labelList(labels: Labels, without: readonly string[] = []): VNode | null {
  const pairs = Object.entries(labels).filter(([name]) => !without.includes(name));
  if (pairs.length === 0) return null;
  return h(
    'ul',
    { class: 'labels', 'aria-label': 'Labels' },
    pairs.map(([name, value]) => h('li', null, h('span', 'quiet', `${name}=`), value)),
  );
}
