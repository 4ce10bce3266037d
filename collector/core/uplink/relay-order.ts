import { shareOfSum, sumOfText } from '../../../lib/log-lines/share.ts';
import { addressText, type RelayAddress } from './relay-turns.ts';

/** A relay of a group: of those of a tier, hosts are spread by weight. */
export interface RelayMember extends RelayAddress {
  /** Its part of the hosts, beside the weights of the others of its tier; more than 0. */
  readonly weight: number;
  /** Relays of a higher tier are for when none of a lower one can be reached. */
  readonly tier: number;
}

/** Half of the step of a share: no share is 0, whose logarithm is none. */
const HALF_STEP = 2 ** -33;

/**
 * The order in which a host tries its relays: tier by tier, and within a tier by weighted rendezvous hashing (Thaler and Ravishankar 1998, Highest
 * Random Weight; with the weights of Schindelhauer and Schomaker 2005: the highest -w/ln(u) is first). It follows from the host's name and the
 * relays' addresses alone, so it is the same after every restart; hosts are spread by weight, and one relay more takes only its own part of the hosts.
 */
export function relayOrder(host: string, relays: readonly RelayMember[]): RelayMember[] {
  const before = sumOfText('\n', sumOfText(host));
  const scored = relays.map((relay) => {
    const share = shareOfSum(sumOfText(addressText(relay), before)) + HALF_STEP;
    return { relay, score: -relay.weight / Math.log(share) };
  });
  scored.sort((a, b) => a.relay.tier - b.relay.tier || b.score - a.score);
  return scored.map(({ relay }) => relay);
}
