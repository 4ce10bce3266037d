import type { VNode } from 'preact';
import { h } from '../element.ts';
import { change } from '../router.ts';
import { icon } from './icon.ts';

/** The values of a filter in the address, each a button that takes it out. @param words what a value is called, for people */
export function valueChips(params: URLSearchParams, name: string, words: string): VNode[] {
  return params.getAll(name).map((value) =>
    h(
      'button',
      {
        type: 'button',
        class: 'chip',
        'aria-label': `Take out ${words} ${value}`,
        onClick: () => change({ [name]: params.getAll(name).filter((one) => one !== value) }),
      },
      `${words}: ${value}`,
      icon('close'),
    ),
  );
}

/** A field that adds a value to a filter. */
export function valueInput(
  params: URLSearchParams,
  name: string,
  { label, words, list }: { label: string; words: string; list?: string | undefined },
): VNode {
  return h('input', {
    'aria-label': label,
    placeholder: `${words} …`,
    list,
    autocomplete: 'off',
    spellcheck: false,
    onChange: (event: Event) => {
      const input = event.currentTarget as HTMLInputElement;
      const value = input.value.trim();
      input.value = '';
      if (value !== '') change({ [name]: [...new Set([...params.getAll(name), value])] });
    },
  });
}
