import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from './connection.ts';
import { useStore } from './store.ts';

/** What is known of an answer. The last good one stays while the next is on its way, or when that one fails. */
export interface Asked<T> {
  readonly data: T | null;
  readonly error: Error | null;
  /** The question that `data` answers. */
  readonly key: string | null;
}

/**
 * Asks when `key` changes, again `pace` after each answer, when the tab is looked at again, and when the core came back.
 * A question that is overtaken is given up.
 * @param key null: asks nothing
 * @param pace ms from an answer to the next question, or how to tell from the answer; null: asks once
 */
export function useAsk<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  pace: number | null | ((data: T | null) => number) = null,
): Asked<T> {
  const [asked, show] = useState<Asked<T>>({ data: null, error: null, key: null });
  const latest = useRef({ load, pace });
  latest.current = { load, pace };
  const { turn } = useStore(connection);
  useEffect(() => {
    if (key === null) {
      show({ data: null, error: null, key: null });
      return;
    }
    let stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let late = false;
    let data: T | null = null;
    const run = async () => {
      stop = new AbortController();
      const { signal } = stop;
      try {
        data = await latest.current.load(signal);
        if (!signal.aborted) show({ data, error: null, key });
      } catch (error) {
        if (!signal.aborted) show((before) => ({ ...before, error: error as Error }));
      }
      const { pace: next } = latest.current;
      if (signal.aborted || next === null) return;
      timer = setTimeout(
        () => {
          // Nobody looks: one question when somebody does, however long the tab slept.
          if (document.hidden) late = true;
          else void run();
        },
        typeof next === 'number' ? next : next(data),
      );
    };
    const looked = () => {
      if (document.hidden || !late) return;
      late = false;
      void run();
    };
    document.addEventListener('visibilitychange', looked);
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', looked);
    };
  }, [key, typeof pace === 'function' ? 0 : pace, turn]);
  return asked;
}
