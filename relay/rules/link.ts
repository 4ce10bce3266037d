import type { PageSeries } from '../../proto/page.ts';

/** Series of a page that rules ask for. */
export interface FedPage {
  /** Equal for the same series of the same page, whichever worker sends it. */
  readonly hash: string;
  readonly series: readonly PageSeries[];
}

/** Samples of one host that rules ask for: rows of `page`'s series. */
export interface FedSection {
  readonly host: string;
  /** FedPage.hash, of this message or of one before. */
  readonly page: string;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly present: Uint8Array | null;
}

/** What a worker that does not evaluate has for the one that does. */
export interface Fed {
  /** The worker's process: with another one everything begins anew. */
  readonly boot: string;
  readonly number: number;
  /** Pages of messages before are named no more. */
  readonly fresh: boolean;
  readonly pages: readonly FedPage[];
  readonly sections: readonly FedSection[];
}

/** Where a host is, as the supervisor knows it. `doubtful`: its worker ended or had stood still; `moved`: another relay has it. */
export type HostPlace = 'here' | 'doubtful' | 'moved' | 'gone';

/** How a host's connection ended, for who watches hosts. `stopping`: its worker stops, and will be there again. */
export type HostFate = Exclude<HostPlace, 'here'> | 'stopping';

/** Supervisor to a worker, about rules. */
export type ToRules =
  /** For who evaluates: where hosts are; `whole`: all that are not gone, and what was said before holds no more. */
  | { readonly kind: 'hosts'; readonly whole: boolean; readonly hosts: readonly (readonly [string, HostPlace])[] }
  | { readonly kind: 'fed'; readonly worker: number; readonly fed: Fed }
  /** For the others: which process evaluates, by its number; null: none now. */
  | { readonly kind: 'evaluator'; readonly life: number | null }
  | { readonly kind: 'taken'; readonly boot: string; readonly number: number };

/** A worker to the supervisor, about rules. */
export type FromRules =
  /** @property life of the process that it is for */
  | { readonly kind: 'feed'; readonly life: number; readonly fed: Fed }
  | { readonly kind: 'taken'; readonly worker: number; readonly boot: string; readonly number: number };

/** What the rules of one worker say to those of the others, by way of the supervisor. */
export interface RulesLink {
  send(message: FromRules): void;
  hear(take: (message: ToRules) => void): void;
}
