import { setTimeout as wait } from 'node:timers/promises';
import type { LogStore } from '../ports/log-store.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import { type Role, takesSamples } from '../roles.ts';
import type { Account } from './account.ts';
import type { BusAccount } from './bus-account.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Reports } from './reports.ts';
import type { CoreAccounts } from './view.ts';

export interface OwnAccountsParts {
  readonly roles: readonly Role[];
  readonly account: Account;
  readonly reports: Reports;
  readonly deadLetters: DeadLetters;
  /** What was taken from a bus that several processes share; null: it is this process' own. */
  readonly taken: BusAccount | null;
  /** What was put on one. */
  readonly put: BusAccount | null;
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly now: () => number;
}

const LOOK_EVERY_MS = 25;

/** The account of this process. */
export function ownAccounts(parts: OwnAccountsParts): CoreAccounts {
  const { roles, account, reports, deadLetters, taken, put, metrics, logs, now } = parts;
  return {
    cores: () => [{ ledger: account.ledger(now()), takes: takesSamples(roles), indexes: roles.includes('indexer') }],
    bus: () => {
      const published = account.published();
      return published === null ? null : { published, put: put?.parts() ?? [], taken: taken?.parts() ?? [] };
    },
    // The account itself has what waits on the bus.
    busHops: () => [],
    doors: () => {
      const doors = account.doors?.ledger();
      return doors ? [doors] : [];
    },
    relays: () => reports.relays(),
    sequences: async () => {
      const [samples, lines] = await Promise.all([metrics.sequences(), logs.sequences()]);
      return [...samples, ...lines, ...deadLetters.sequences()];
    },
    indexed: async (withinMs) => {
      const until = now() + withinMs;
      const asked = account.ledger(now()).entries;
      for (;;) {
        let left = 0;
        for (const [i, entry] of account.ledger(now()).entries.entries()) {
          left += Math.max(0, asked[i]!.in.frames - (entry.in.frames - entry.queued.frames));
        }
        if (left === 0 || now() >= until) return left;
        await wait(LOOK_EVERY_MS);
      }
    },
  };
}
