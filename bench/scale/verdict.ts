import { leastSquares } from '../soak/least-squares.ts';

/** Samples that waited at the hosts, in the relay and in the core, s since the step was counted. */
export type QueuedAt = readonly [seconds: number, samples: number];

/** What a verdict looks at. */
export interface Judged {
  readonly asked: number;
  readonly sent: number;
  readonly currentAfter: number | null;
  readonly queued: readonly QueuedAt[];
  readonly freshSeconds: number;
}

/** The backlog grows when the line through it, less two standard errors, rises by more than this share of what comes. */
const GROWTH = 0.03;
/** Hosts that send less than this share of what they should are the limit themselves. */
const SENT = 0.9;
/** A sample is to be queryable within this. */
export const FRESH_S = 5;

/** The rule, in words for the page. */
export const SUSTAINED_RULE =
  'sustained: hosts send 90 % of what they should, the backlog at hosts, relay and core grows by no more than 3 % of what comes, and a sample is queryable within 5 s at p99 as the core counts it';

/** Why a load is not sustained, in words; null: it is. */
export function brokenBy({ asked, sent, currentAfter, queued, freshSeconds }: Judged): string | null {
  if (sent < SENT * asked)
    return `the hosts sent ${whole(sent)} samples/s of ${whole(asked)}: they, or the relay, have no more`;
  const { slope, error } = leastSquares(queued);
  const growth = slope - 2 * error;
  if (growth > GROWTH * asked) return `the backlog grew by ${whole(growth)} samples a second`;
  if (currentAfter === null) return 'what piled up while hosts connected did not go away';
  if (Number.isNaN(freshSeconds)) return 'nothing became queryable';
  return freshSeconds > FRESH_S ? `queryable after ${freshSeconds.toFixed(1)} s at p99` : null;
}

function whole(samples: number): string {
  return Math.round(samples).toLocaleString('en-GB');
}
