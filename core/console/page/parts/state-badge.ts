import type { VNode } from 'preact';
import { h } from '../element.ts';
import { formatSpan } from '../format.ts';

const WORDS: Readonly<Record<string, string>> = { connected: 'alive', gone: 'silent', unknown: 'unknown' };
const TONES: Readonly<Record<string, string>> = { connected: 'good', gone: 'bad', unknown: 'unsure' };

/** `alive for 3 d`, `silent for 2 min`, `unknown for 10 s`. Never by colour alone. */
export function StateBadge({ state, since, now }: { state: string; since: number | null; now: number }): VNode {
  return h(
    'span',
    { class: `badge ${TONES[state] ?? ''}` },
    h('i', 'dot'),
    h('b', null, WORDS[state] ?? state),
    since === null ? null : h('span', 'since', ` ${formatSpan(now - since)}`),
  );
}
