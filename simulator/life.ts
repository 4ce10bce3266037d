import { bootBytes, makeBoot } from '../proto/hash.ts';
import { hash32 } from './hash32.ts';

/** A host between two restarts. */
export interface Life {
  /** 0, 1, 2 ... within the run. */
  readonly number: number;
  readonly boot: string;
  readonly bootBytes: Uint8Array;
}

/**
 * @param startedAt of the run, ms since the epoch: the boot's counter is higher in each run and each life
 */
export function newLife(seed: number, host: number, number: number, startedAt: number): Life {
  const random = Uint8Array.from({ length: 8 }, (_, i) => hash32(seed, host, startedAt | 0, number * 8 + i) & 255);
  const boot = makeBoot((Math.floor(startedAt / 1000) + number) >>> 0, random);
  return { number, boot, bootBytes: bootBytes(boot) };
}
