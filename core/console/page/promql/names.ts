import { ask } from '../api.ts';
import type { Spot } from './completion.ts';

export interface Candidate {
  readonly text: string;
  readonly what: string;
}

const KEEP_MS = 60_000;
const answers = new Map<string, { at: number; data: Promise<readonly unknown[]> }>();

/** What may stand at the spot, by what the core has now; asked at most once a minute. */
export async function candidates(spot: Spot): Promise<readonly Candidate[]> {
  const as = (what: string) => (text: string) => ({ text, what });
  const match: Record<string, string> = spot.metric === '' ? {} : { 'match[]': spot.metric };
  switch (spot.kind) {
    case 'duration':
      return ['1m', '5m', '10m', '30m', '1h', '6h', '1d'].map(as('duration'));
    case 'label':
      return (await names('/api/v1/labels', match)).filter((name) => name !== '__name__').map(as('label'));
    case 'value':
      return (await names(`/api/v1/label/${spot.label}/values`, { ...match, limit: '2000' })).map(as('value'));
    case 'name':
      return [
        ...(await names('/api/v1/label/__name__/values', {})).map(as('metric')),
        ...(await kept<Candidate>('/console/words.json', {})),
      ];
  }
}

const names = kept<string>;

function kept<T>(path: string, parameters: Record<string, string>): Promise<readonly T[]> {
  const key = `${path} ${JSON.stringify(parameters)}`;
  const found = answers.get(key);
  if (found && Date.now() - found.at < KEEP_MS) return found.data as Promise<readonly T[]>;
  const data = ask<{ data: readonly T[] }>(path, parameters).then((answer) => answer.data);
  // What failed is asked again next time.
  data.catch(() => answers.delete(key));
  answers.set(key, { at: Date.now(), data });
  return data;
}
