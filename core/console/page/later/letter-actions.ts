import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { h } from '../element.ts';
import { plural } from '../format.ts';
import { Trouble } from '../parts/message.ts';
import { type LetterFilter, purgeAll, replayAll } from './letters.ts';

interface Props {
  /** What the buttons are about, such as `3 dead letters`. */
  readonly what: string;
  readonly filter: LetterFilter;
  /** There is something to do it to. */
  readonly some: boolean;
  readonly onDone: () => void;
}

/** Replay and purge, each after a question. */
export function LetterActions({ what, filter, some, onDone }: Props): VNode {
  const [asked, ask] = useState<'replay' | 'purge' | null>(null);
  const [busy, work] = useState(false);
  const [told, tell] = useState<string | Error | null>(null);
  const act = async (which: 'replay' | 'purge') => {
    work(true);
    try {
      if (which === 'purge') {
        const { letters, why } = await purgeAll(filter);
        tell(`${plural(letters, 'dead letter')} deleted.${why === '' ? '' : ` ${why}`}`);
      } else {
        const { replayed, failed, why } = await replayAll(filter);
        tell(`${plural(replayed, 'dead letter')} taken, ${failed} failed again.${why === '' ? '' : ` ${why}`}`);
      }
    } catch (error) {
      tell(error as Error);
    }
    work(false);
    ask(null);
    onDone();
  };
  const button = (words: string, kind: string, onClick: () => void) =>
    h('button', { type: 'button', class: kind, disabled: busy || !some, onClick }, words);
  return h(
    'div',
    'letter-actions',
    asked === null
      ? h(
          'div',
          'actions',
          button(`Replay ${what}`, '', () => ask('replay')),
          button(`Purge ${what}`, '', () => ask('purge')),
        )
      : h(
          'div',
          { class: 'verdict', role: 'alertdialog', 'aria-label': 'Confirm' },
          h(
            'p',
            null,
            asked === 'purge'
              ? `Delete ${what} and the bytes, for good? The ledger goes on to count frames as dropped.`
              : `Send ${what} the way of the data again? What is taken is no dead letter any more; nothing is stored twice.`,
          ),
          h(
            'div',
            'actions',
            button(busy ? 'Working …' : asked === 'purge' ? 'Delete' : 'Replay', 'primary', () => void act(asked)),
            button('Cancel', '', () => ask(null)),
          ),
        ),
    told === null
      ? null
      : told instanceof Error
        ? h(Trouble, { error: told })
        : h('p', { class: 'quiet', role: 'status' }, told),
  );
}
