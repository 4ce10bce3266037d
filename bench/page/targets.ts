import { HARD_TIMES } from './targets/hard-times.ts';
import { HOPS } from './targets/hops.ts';
import { LOAD } from './targets/load.ts';
import { OTHERS } from './targets/others.ts';
import type { TargetPart } from './targets/target.ts';

/** What the system is to reach on one machine, line by line. */
export const TARGETS: readonly TargetPart[] = [...LOAD, ...HOPS, ...HARD_TIMES, ...OTHERS];
