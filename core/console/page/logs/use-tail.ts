import { useEffect, useState } from 'preact/hooks';
import { apiAddress, type Parameters } from '../api.ts';
import type { Line } from './line.ts';

export interface Tail {
  /** The newest first. */
  readonly lines: readonly Line[];
  /** connecting: the browser tries by itself, and goes on where it was. */
  readonly state: 'connecting' | 'open';
  /** Lines that were left out because the page or the way to it was slow; null: some, nobody counted. */
  readonly skipped: number | null;
}

/** What a person can look at; older ones are a search away. */
const KEPT = 500;
/** Lines are shown in groups: a thousand a second are no reason to draw a thousand times. */
const GROUP_MS = 200;

const NOTHING: Tail = { lines: [], state: 'connecting', skipped: 0 };

/** Follows the log by server-sent events while `filter` is not null. */
export function useTail(filter: Parameters | null): Tail {
  const [tail, show] = useState<Tail>(NOTHING);
  const url = filter === null ? null : apiAddress('/api/v1/logs/tail', filter);
  useEffect(() => {
    if (url === null) return;
    show(NOTHING);
    let waiting: Line[] = [];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const seen = new Set<string>();
    const give = () => {
      timer = null;
      const fresh = waiting.reverse();
      waiting = [];
      show((before) => ({ ...before, lines: [...fresh, ...before.lines].slice(0, KEPT) }));
    };
    const source = new EventSource(url);
    source.onopen = () => show((before) => ({ ...before, state: 'open' }));
    source.onerror = () => show((before) => ({ ...before, state: 'connecting' }));
    source.onmessage = (event) => {
      const line = JSON.parse(event.data) as Line;
      // After a break the lines of its last instant may come again.
      if (seen.has(line.id)) return;
      seen.add(line.id);
      if (seen.size > KEPT * 4) for (const id of [...seen].slice(0, KEPT)) seen.delete(id);
      waiting.push(line);
      if (waiting.length > KEPT) waiting.shift();
      timer ??= setTimeout(give, GROUP_MS);
    };
    source.addEventListener('skipped', (event) => {
      const { lines } = JSON.parse(event.data) as { lines: number | null };
      show((before) => ({
        ...before,
        skipped: lines === null || before.skipped === null ? null : before.skipped + lines,
      }));
    });
    return () => {
      source.close();
      if (timer !== null) clearTimeout(timer);
    };
  }, [url]);
  return url === null ? NOTHING : tail;
}
