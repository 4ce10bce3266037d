import type { VNode } from 'preact';
import { h } from '../element.ts';
import { change } from '../router.ts';

/** The field whose words stand in the address as `q`. @param label what assistive technology calls it */
export function searchField(words: string, label: string, placeholder: string): VNode {
  return h('input', {
    type: 'search',
    class: 'wide',
    'aria-label': label,
    placeholder,
    spellcheck: false,
    autocomplete: 'off',
    value: words,
    onInput: (event: Event) => change({ q: (event.currentTarget as HTMLInputElement).value }, true),
  });
}
