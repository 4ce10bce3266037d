import { HeliographError } from '../../../lib/errors.ts';
import type { EngineGate } from '../gate.ts';
import type { Address } from './address.ts';

/** It is looked at every second while something is not safe, and otherwise every so many seconds. */
const IDLE_LOOKS = 5;

/** Looks at every address again and again; what one runs into is the gate's to tell, and it looks by itself while something is wrong. */
export function watchOver(addresses: readonly Address[], gate: EngineGate, everyMs: number): NodeJS.Timeout {
  const looking = new Set<Address>();
  let turn = 0;
  return setInterval(() => {
    turn++;
    for (const address of addresses) {
      if (looking.has(address) || !gate.passed || (!address.busy && turn % IDLE_LOOKS !== 0)) continue;
      looking.add(address);
      address
        .look()
        .catch((error: unknown) =>
          gate.doubt(
            error instanceof HeliographError ? error : new HeliographError('HG_CORE_FAULT', String(error), {}, error),
          ),
        )
        .finally(() => looking.delete(address));
    }
  }, everyMs);
}
