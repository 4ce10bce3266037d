import type { ChainOptions } from '../lib/journal/contract.ts';
import { CAP_POLICY, DATA_CLASSES } from '../proto/class.ts';
import { DEFINITIONS_CHAIN, DEFINITIONS_READER } from './definitions.ts';
import { FORWARD_READER, MARKS_READER, ROLLUP_READER } from './sequence-memory.ts';

/**
 * One chain for each class. What may be given up ages out; what pushes back stays until the core has it.
 * @param rollsUp metrics are also kept until they are in a roll-up
 */
export function frameChains(maxAgeMs: number, rollsUp = false): ChainOptions[] {
  return DATA_CLASSES.map((name, rank) => ({
    name,
    rank,
    policy: CAP_POLICY[name],
    ...(CAP_POLICY[name] === 'drop-oldest' ? { maxAgeMs } : {}),
    readers: [FORWARD_READER, MARKS_READER, ...(rollsUp && name === 'metric' ? [ROLLUP_READER] : [])],
  }));
}

export const DEFINITION_CHAINS: readonly ChainOptions[] = [
  { name: DEFINITIONS_CHAIN, rank: 0, policy: 'push-back', readers: [DEFINITIONS_READER] },
];
