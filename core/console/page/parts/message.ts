import type { ComponentChildren, VNode } from 'preact';
import { ApiError } from '../api.ts';
import { h } from '../element.ts';

/** What is shown in place of data: why there is none, and what to do. */
export function Message(props: { title: string; text?: ComponentChildren; children?: ComponentChildren }): VNode {
  return h('div', 'message', h('h2', null, props.title), props.text ? h('p', null, props.text) : null, props.children);
}

export function Loading({ what }: { what: string }): VNode {
  return h('div', { class: 'message loading', role: 'status' }, h('span', 'spinner'), `Loading ${what} …`);
}

const ADVICE: Readonly<Record<string, string>> = {
  HG_QUERY_TIMEOUT: 'Ask for a shorter time, or for fewer series.',
  HG_QUERY_LIMIT: 'Ask for a shorter time, or for fewer series.',
  HG_LOG_QUERY_TIMEOUT: 'Ask for a shorter time, or add a host, a service or a rarer word.',
};

/** What went wrong with an answer, in place or above what was there before. */
export function Trouble({ error }: { error: Error }): VNode | null {
  // The banner speaks of a core that does not answer; once is enough.
  if (error instanceof ApiError && error.away) return null;
  const code = error instanceof ApiError ? error.code : '';
  return h(
    'div',
    { class: 'trouble', role: 'alert' },
    h('strong', null, 'This did not work. '),
    error.message,
    ADVICE[code] ? h('span', null, ` ${ADVICE[code]}`) : null,
    code ? h('code', null, code) : null,
  );
}
