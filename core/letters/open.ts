import type { DatabaseSync } from 'node:sqlite';
import type { Registry } from '../../lib/metrics.ts';
import type { Account } from '../ledger/account.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import type { Objects } from '../ports/objects.ts';
import type { LetterBudget } from './budget.ts';
import { type LetterGroup, LetterList } from './list.ts';
import { LetterOffice } from './office.ts';
import { LetterRemoval } from './removal.ts';
import type { ReplayFramesParts } from './replay-frames.ts';

export interface OpenLettersOptions {
  readonly state: DatabaseSync;
  readonly objects: Objects;
  readonly logs: LogStore;
  readonly metrics: Pick<MetricStore, 'restore'>;
  readonly budget: LetterBudget;
  readonly account: Account;
  readonly frames: ReplayFramesParts;
  readonly registry: Registry;
  readonly now: () => number;
}

const COUNT_EVERY_MS = 15_000;

/** The dead letters for people, and their figures. */
export function openLetters(options: OpenLettersOptions): LetterOffice {
  const { registry, budget } = options;
  const list = new LetterList(options.state);
  let counted: { at: number; groups: readonly LetterGroup[] } = { at: Number.NEGATIVE_INFINITY, groups: [] };
  registry
    .gauge('heliograph_core_dead_letters', 'Dead letters that are there, by kind, class and reason')
    .collect(() => {
      const now = options.now();
      // To count them is to go through them all: not for everybody who asks for figures.
      if (now - counted.at > COUNT_EVERY_MS || now < counted.at) counted = { at: now, groups: list.groups({}) };
      return counted.groups.map(({ kind, class: dataClass, reason, code, letters }) => {
        return [{ kind, class: dataClass, reason, code }, letters] as const;
      });
    });
  registry
    .gauge('heliograph_core_dead_letter_bytes', 'Bytes that dead letters take, of limits.deadLetterBytes')
    .collect(() => [[{}, budget.used]]);
  const replayed = registry.counter(
    'heliograph_core_dead_letters_replayed_total',
    'Dead letters that went the way of the data again, by kind and outcome',
  );
  return new LetterOffice({ ...options, list, replayed, removal: new LetterRemoval({ ...options, list }) });
}
