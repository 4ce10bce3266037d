import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { h } from '../element.ts';
import { fitting, type Spot, spotAt } from './completion.ts';
import { type Candidate, candidates } from './names.ts';

interface Offer {
  readonly spot: Spot;
  readonly list: readonly Candidate[];
  readonly at: number;
}

export interface QueryFieldProps {
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly onRun: () => void;
  /** Where the text is wrong, from 0; null: nowhere known. */
  readonly wrongAt: number | null;
}

/** The PromQL field: Enter runs, Shift+Enter is a new line, Ctrl+Space, or typing, offers what may follow. */
export function QueryField({ value, onInput, onRun, wrongAt }: QueryFieldProps): VNode {
  const box = useRef<HTMLTextAreaElement>(null);
  const [offer, show] = useState<Offer | null>(null);
  const cursor = useRef<number | null>(null);
  const asked = useRef(0);
  /** A label was put in: its values may follow at once. */
  const onward = useRef(false);

  // With the commit, not after it: an effect that waits for the paint may be run late, with the next text's wishes.
  useLayoutEffect(() => {
    // After a completion the cursor stands behind what was put in.
    if (cursor.current !== null && box.current) box.current.setSelectionRange(cursor.current, cursor.current);
    cursor.current = null;
    if (onward.current) void look(false);
    onward.current = false;
  });
  useEffect(() => {
    if (wrongAt !== null && box.current) box.current.setSelectionRange(wrongAt, wrongAt);
  }, [wrongAt]);

  const look = async (always: boolean) => {
    const turn = ++asked.current;
    const { value: text, selectionStart } = box.current!;
    const spot = spotAt(text, selectionStart);
    if (!spot || (!always && spot.prefix === '' && spot.kind !== 'label' && spot.kind !== 'value')) return show(null);
    const all = await candidates(spot).catch((): readonly Candidate[] => []);
    if (turn !== asked.current) return;
    const names = fitting(
      all.map((one) => one.text),
      spot.prefix,
    );
    const list = names.map((name) => all.find((one) => one.text === name)!);
    show(list.length > 0 ? { spot, list, at: 0 } : null);
  };
  const close = () => {
    asked.current++;
    show(null);
  };
  const take = (candidate: Candidate) => {
    const { spot } = offer!;
    const after = value.slice(box.current!.selectionStart);
    const call = (candidate.what === 'function' || candidate.what === 'aggregation') && !after.startsWith('(');
    const put = spot.kind === 'value' ? candidate.text.replace(/[\\"]/g, '\\$&') : candidate.text;
    const end = call
      ? '('
      : spot.kind === 'label' &&
          /^\s*$|^}/.test(after) &&
          value[spot.from - 1] !== '(' &&
          /[{,]\s*$/.test(value.slice(0, spot.from))
        ? '="'
        : spot.kind === 'value' && !after.startsWith('"')
          ? '"'
          : '';
    cursor.current = spot.from + put.length + end.length;
    onward.current = end === '="';
    onInput(value.slice(0, spot.from) + put + end + after);
    close();
    box.current!.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      void look(true);
    } else if (offer && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const count = offer.list.length;
      show({ ...offer, at: (offer.at + (event.key === 'ArrowDown' ? 1 : count - 1)) % count });
    } else if (
      offer &&
      (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey && offer.spot.prefix !== '')) &&
      !event.ctrlKey
    ) {
      event.preventDefault();
      take(offer.list[offer.at]!);
    } else if (event.key === 'Escape' && offer) {
      event.preventDefault();
      close();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      close();
      onRun();
    }
  };
  return h(
    'div',
    'query-field',
    h('textarea', {
      ref: box,
      value,
      rows: Math.min(8, value.split('\n').length + Math.floor(value.length / 110)),
      spellcheck: false,
      autocomplete: 'off',
      autocapitalize: 'off',
      placeholder: 'PromQL, such as rate(node_network_receive_bytes_total[5m])',
      'aria-label': 'PromQL expression',
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': offer !== null,
      'aria-controls': 'offers',
      'aria-activedescendant': offer ? `offer-${offer.at}` : undefined,
      'aria-invalid': wrongAt !== null,
      onInput: (event: Event) => {
        onInput((event.currentTarget as HTMLTextAreaElement).value);
        void look(false);
      },
      onKeyDown: keys,
      onBlur: close,
    }),
    h(
      'ul',
      { id: 'offers', role: 'listbox', 'aria-label': 'What may follow', hidden: offer === null },
      offer?.list.map((candidate, i) =>
        h(
          'li',
          {
            id: `offer-${i}`,
            role: 'option',
            'aria-selected': i === offer.at,
            // Before the field loses the focus.
            onMouseDown: (event: MouseEvent) => {
              event.preventDefault();
              take(candidate);
            },
          },
          h('span', null, candidate.text),
          h('em', null, candidate.what),
        ),
      ),
    ),
  );
}
