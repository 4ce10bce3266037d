import { createStore } from './store.ts';

/** Does the core answer? `turn` grows each time it came back, so that everything on the page is asked anew. */
export interface Connection {
  readonly up: boolean;
  /** When it stopped or began to answer, ms. */
  readonly since: number;
  readonly turn: number;
  /** How long it had been away, ms; 0 if it never was. */
  readonly away: number;
  /** What of the core is not well, in its own words. */
  readonly ill: string;
  /** Alerts that fire. */
  readonly firing: number;
}

const LOOK_MS = 4_000;
const RETRY_MS = 1_500;

export const connection = createStore<Connection>({
  up: true,
  since: Date.now(),
  turn: 0,
  away: 0,
  ill: '',
  firing: 0,
});

/** A request got no answer at all. */
export function lost(): void {
  const now = connection.get();
  if (now.up) connection.set({ ...now, up: false, since: Date.now() });
}

/** Looks after the core for as long as the page is open. Call it once. */
export async function watchCore(): Promise<void> {
  if (!document.hidden) await look();
  setTimeout(() => void watchCore(), connection.get().up ? LOOK_MS : RETRY_MS);
}

async function look(): Promise<void> {
  try {
    const answer = await fetch('/healthz', { signal: AbortSignal.timeout(5_000) });
    const { parts, firing = 0 } = (await answer.json()) as {
      parts: { part: string; well: boolean; why: string }[];
      firing?: number;
    };
    const ill = parts
      .filter((part) => !part.well)
      .map((part) => `${part.part} ${part.why}`)
      .join('; ');
    const now = connection.get();
    if (!now.up) {
      connection.set({ up: true, since: Date.now(), turn: now.turn + 1, away: Date.now() - now.since, ill, firing });
    } else if (ill !== now.ill || firing !== now.firing) connection.set({ ...now, ill, firing });
  } catch {
    lost();
  }
}
