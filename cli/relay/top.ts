import { setTimeout as wait } from 'node:timers/promises';
import { HeliographError } from '../../lib/errors.ts';
import type { RelayStatus, Sort } from '../../relay/status/contract.ts';
import type { StatusQuestion } from '../relay-client.ts';
import type { TopView } from './top-view.ts';

/** What a key sorts by. */
const KEYS: Readonly<Record<string, Sort>> = {
  r: 'rate',
  b: 'backlog',
  k: 'skew',
  s: 'series',
  d: 'drops',
  c: 'certificate',
  n: 'since',
  h: 'host',
};
const HELP = 'sort: r rate, b backlog, k clock, s series, d drops, c certificate, n newest, h host; q ends';

export interface TopOptions extends StatusQuestion {
  readonly everyMs: number;
  /** Looks, then it ends; null: until the signal. */
  readonly looks: number | null;
  readonly ask: (question: StatusQuestion) => Promise<RelayStatus>;
  readonly view: TopView;
  /** Calls back with each key that is pressed; gives how to stop it. */
  readonly keys: (onKey: (key: string) => void) => () => void;
  /** Ends it. */
  readonly stop: AbortController;
}

/**
 * Shows the relay's status until it is ended. A relay that goes away meanwhile is waited for.
 * @throws HeliographError HG_RELAY_* where there is none at the beginning
 */
export async function top(options: TopOptions): Promise<void> {
  const { ask, view, everyMs, looks, stop } = options;
  let { sort } = options;
  /** Ends the pause before the next look. */
  let pause = new AbortController();
  const question = () => ({ ...options, sort, count: view.rows(options.count) });
  let status = await ask(question());
  const release = options.keys((key) => {
    if (key === 'q' || key === '\x03') stop.abort();
    else if (Object.hasOwn(KEYS, key)) sort = KEYS[key]!;
    else return;
    pause.abort();
  });
  view.open();
  try {
    let words = HELP;
    for (let look = 1; ; look++) {
      view.draw(status, words);
      if (look === looks || stop.signal.aborted) return;
      pause = new AbortController();
      // It rejects when a key or the signal ends it, and the next look comes at once or not at all.
      await wait(everyMs, undefined, { signal: AbortSignal.any([stop.signal, pause.signal]) }).catch(() => undefined);
      if (stop.signal.aborted) return;
      try {
        status = await ask(question());
        words = HELP;
      } catch (error) {
        if (!(error instanceof HeliographError)) throw error;
        words = `${error.message}; this is what it last said`;
      }
    }
  } finally {
    release();
    view.close();
  }
}
