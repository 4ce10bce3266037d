import type { ChainOptions } from '../lib/journal/contract.ts';
import { CAP_POLICY, DATA_CLASSES } from '../proto/class.ts';
import { DEFINITIONS_CHAIN, DEFINITIONS_READER } from './definitions.ts';
import { FORWARD_READER, MARKS_READER, ROLLUP_READER, RULES_READER } from './sequence-memory.ts';

/**
 * One chain for each class. What may be given up ages out; what pushes back stays until the core has it.
 * @param also who else reads metrics: they are kept until these have them, too
 */
export function frameChains(
  maxAgeMs: number,
  also: { readonly rollups?: boolean; readonly rules?: boolean } = {},
): ChainOptions[] {
  const metricReaders = [...(also.rollups ? [ROLLUP_READER] : []), ...(also.rules ? [RULES_READER] : [])];
  return DATA_CLASSES.map((name, rank) => ({
    name,
    rank,
    policy: CAP_POLICY[name],
    ...(CAP_POLICY[name] === 'drop-oldest' ? { maxAgeMs } : {}),
    readers: [FORWARD_READER, MARKS_READER, ...(name === 'metric' ? metricReaders : [])],
  }));
}

export const DEFINITION_CHAINS: readonly ChainOptions[] = [
  { name: DEFINITIONS_CHAIN, rank: 0, policy: 'push-back', readers: [DEFINITIONS_READER] },
];
