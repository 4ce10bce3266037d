import type { Batch, Rejection } from '../ingest/batch.ts';
import type { RequestKey } from './request-key.ts';

/** Who sends, as the token, the certificate or the loopback address says. */
export interface DoorClient {
  readonly name: string;
  /** May set `instance`, `site` and the host of lines itself; otherwise all it sends stands under its own name. */
  readonly anyHost: boolean;
  /** Where the request came from, for people. */
  readonly address?: string;
}

/** What became of a request. */
export interface Taken {
  /** Durable now, repeats included. */
  readonly samples: number;
  readonly lines: number;
  /** Samples of a request that came before under the same key. Repeated lines are found by the log store, later. */
  readonly repeated: number;
  readonly rejected: readonly Rejection[];
}

/** Where a door puts what it read: a core's stores, or a relay's journal. */
export interface Taker {
  /**
   * Resolves when everything that is not in `rejected` is durable.
   * @param key the client's idempotency key; null: it came without one
   * @throws HeliographError when none of it may count as taken and the client must send it again
   */
  take(door: string, client: DoorClient, batch: Batch, key: RequestKey | null): Promise<Taken>;
}
