import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { Trouble } from '../parts/message.ts';

export type Spans = readonly (readonly [span: string, words: string])[];

/** What was filled in. */
export interface Filled {
  text(name: string): string;
  has(name: string): boolean;
}

/** A form that gives an order: whether it is at work, what came of it, and what to call when it is sent. */
export interface OrderForm {
  readonly busy: boolean;
  readonly told: VNode | null;
  readonly onSubmit: (event: Event) => void;
}

/** @param give gives the order, and says what came of it @param onDone called then, and when it failed */
export function useOrderForm(give: (filled: Filled) => Promise<string>, onDone: () => void): OrderForm {
  const [busy, work] = useState(false);
  const [told, tell] = useState<string | Error | null>(null);
  const send = async (event: Event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    work(true);
    try {
      tell(await give({ text: (name) => String(form.get(name) ?? '').trim(), has: (name) => form.has(name) }));
    } catch (error) {
      tell(error as Error);
    }
    work(false);
    onDone();
  };
  return { busy, told: inWords(told), onSubmit: (event) => void send(event) };
}

function inWords(told: string | Error | null): VNode | null {
  if (told === null) return null;
  return told instanceof Error ? h(Trouble, { error: told }) : h('p', { class: 'good', role: 'status' }, told);
}

/** How long the order holds; the core adds it to its own clock. */
export function spanChoice(spans: Spans): VNode {
  return h(
    'select',
    { name: 'span', 'aria-label': 'How long' },
    spans.map(([span, words]) => h('option', { value: span }, words)),
  );
}

export function field(label: string, more: Readonly<Record<string, unknown>>): VNode {
  return h('input', { 'aria-label': label, autocomplete: 'off', spellcheck: false, ...more });
}

/** @param word what the button says when nothing is under way */
export function submitButton(busy: boolean, word: string): VNode {
  return h('button', { type: 'submit', class: 'primary', disabled: busy }, busy ? 'Working …' : word);
}
