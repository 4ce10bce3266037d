/** What an operator wants done about series, at every relay and at the core's own doors. */
export interface LimitOrder {
  /** Given by the core; the same at every relay. */
  readonly id: string;
  readonly kind: 'block' | 'cap';
  /** A PromQL selector of the series that it is about, such as `http_requests_total{user!=""}`. */
  readonly match: string;
  /** Of a cap: how many different series of each metric may go on, at all relays together; the others fold into one overflow series. */
  readonly most?: number;
  /** Of a cap: counted for each host by itself. */
  readonly perHost?: boolean;
  /** The name of the token that gave it, or `file` for one from a file. */
  readonly by: string;
  readonly why: string;
  /** ms since the epoch. */
  readonly at: number;
  /** It ends by itself, ms since the epoch; null: never. */
  readonly until: number | null;
}

/** Whether relays share it: what is counted for each host by itself needs no sharing, because a host is at one relay. */
export function isShared({ kind, perHost }: LimitOrder): boolean {
  return kind === 'cap' && !perHost;
}

/** Characters at most: whatever one process takes, every other has to take as well. */
export const ORDER_TEXT = { match: 16_384, why: 4096, by: 256 } as const;
