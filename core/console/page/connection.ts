import { createStore } from './store.ts';

/** Does the core answer? `turn` grows each time it came back, so that everything on the page is asked anew. */
export interface Connection {
  readonly up: boolean;
  /** When it stopped or began to answer, ms. */
  readonly since: number;
  readonly turn: number;
  /** How long it had been away, ms; 0 if it never was. */
  readonly away: number;
}

const RETRY_MS = 1_500;

export const connection = createStore<Connection>({ up: true, since: Date.now(), turn: 0, away: 0 });

/** A request got no answer at all. From here on the page asks by itself until one comes. */
export function lost(): void {
  const now = connection.get();
  if (!now.up) return;
  connection.set({ ...now, up: false, since: Date.now() });
  setTimeout(tryAgain, RETRY_MS);
}

async function tryAgain(): Promise<void> {
  try {
    // Any answer will do: a core that says it is not well does answer.
    await fetch('/healthz', { signal: AbortSignal.timeout(5_000) });
    const now = connection.get();
    connection.set({ up: true, since: Date.now(), turn: now.turn + 1, away: Date.now() - now.since });
  } catch {
    setTimeout(tryAgain, RETRY_MS);
  }
}
