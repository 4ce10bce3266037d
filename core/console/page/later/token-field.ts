import type { VNode } from 'preact';
import { h } from '../element.ts';
import { keepToken, knownToken } from './limits-answer.ts';

/** Who gives and lifts: the token, kept until this tab is closed. */
export function TokenField({ scope }: { readonly scope: 'limits:write' | 'levels:write' | 'alerts:write' }): VNode {
  return h(
    'div',
    'limit-form',
    h('input', {
      'aria-label': 'Token',
      type: 'password',
      class: 'wide',
      autocomplete: 'off',
      spellcheck: false,
      defaultValue: knownToken(),
      placeholder: `token with ${scope}, to give and to lift`,
      onInput: (event: Event) => keepToken((event.currentTarget as HTMLInputElement).value.trim()),
    }),
    h(
      'p',
      'quiet',
      'Its name stands beside what is done. ',
      h('code', null, `heliograph token create NAME --scope ${scope}`),
      ' makes one; it is kept until this tab is closed.',
    ),
  );
}
