import { request } from '../api.ts';

/** A dead letter as the API lists it. */
export interface Letter {
  readonly id: string;
  readonly kind: 'frame' | 'line' | 'series';
  readonly class: string;
  readonly host: string;
  readonly service: string | null;
  readonly reason: string;
  readonly code: string;
  /** How many series were refused of a frame. */
  readonly series: number | null;
  readonly message: string;
  readonly items: number;
  readonly bytes: number;
  readonly kept: boolean;
  readonly time: number;
  readonly tries: number;
  readonly tried: number | null;
  /** The process of the core that it lies at. */
  readonly process: string;
}

/** A process of a split core that could not be asked, or did not answer: what it did is not known then. */
export interface Away {
  readonly process: string;
  readonly why: string;
  readonly unknown?: true;
}

export interface LetterGroup {
  readonly kind: string;
  readonly class: string;
  readonly reason: string;
  readonly code: string;
  readonly letters: number;
  readonly items: number;
  readonly bytes: number;
}

export interface LetterPage {
  readonly letters: readonly Letter[];
  readonly next: string | null;
  readonly groups: readonly LetterGroup[];
  readonly bytes: number;
  readonly maxBytes: number;
  readonly away: readonly Away[];
}

export interface LetterWhole extends Letter {
  readonly boot: string | null;
  readonly sequence: number | null;
  readonly place: number | null;
  readonly relay: string | null;
  readonly line: object | null;
  readonly refused: readonly object[] | null;
  /** base64. */
  readonly data: string | null;
}

/** Which letters; as the API takes it in a body. */
export type LetterFilter = Readonly<Record<string, readonly string[] | number | true>>;

/** What the address bar filters by, each several times at most. */
export const FILTERS = ['kind', 'class', 'reason', 'host', 'service'] as const;

/** The filter that the address bar says; `older` is in seconds. */
export function filterOf(params: URLSearchParams, now: number): LetterFilter {
  const given = FILTERS.flatMap((name) => {
    const values = params.getAll(name).filter((value) => value !== '');
    return values.length > 0 ? [[name, values] as const] : [];
  });
  const older = Number(params.get('older'));
  return { ...Object.fromEntries(given), ...(older > 0 ? { end: now / 1000 - older } : {}) };
}

export interface Replayed {
  readonly replayed: number;
  readonly failed: number;
  /** Why the last one stays, or why it stopped before the end. */
  readonly why: string;
}

/** Sends all letters that fit the way of the data again, step by step. An empty filter means every letter. */
export async function replayAll(filter: LetterFilter): Promise<Replayed> {
  const sum = { replayed: 0, failed: 0, why: '' };
  for (let cursor: string | null = null; ; ) {
    const step: {
      replayed: number;
      failed: { message: string }[];
      next: string | null;
      stopped: { message: string } | null;
      away: Away[];
    } = await post('replay', { filter: orAll(filter), cursor });
    sum.replayed += step.replayed;
    sum.failed += step.failed.length;
    sum.why = step.stopped?.message ?? step.failed.at(-1)?.message ?? awayText(step.away) ?? sum.why;
    cursor = step.next;
    if (cursor === null || step.stopped) return sum;
  }
}

/** Deletes all letters that fit, and gives their number, and whose could not be. An empty filter means every letter. */
export async function purgeAll(filter: LetterFilter): Promise<{ letters: number; why: string }> {
  const { letters, away } = await post<{ letters: number; away: Away[] }>('purge', { filter: orAll(filter) });
  return { letters, why: awayText(away) ?? '' };
}

/** Null when all were asked. */
export function awayText(away: readonly Away[]): string | null {
  if (away.length === 0) return null;
  const text = (those: readonly Away[]) => those.map(({ process, why }) => `${process} (${why})`).join(', ');
  const [unknown, others] = [away.filter((one) => one.unknown), away.filter((one) => !one.unknown)];
  return [
    ...(others.length > 0 ? [`Not asked: ${text(others)}.`] : []),
    ...(unknown.length > 0 ? [`Not known what was done at: ${text(unknown)}.`] : []),
  ].join(' ');
}

function post<T>(what: 'replay' | 'purge', body: object): Promise<T> {
  return request(`/api/v1/deadletters/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function orAll(filter: LetterFilter): LetterFilter {
  return Object.keys(filter).length > 0 ? filter : { all: true };
}
