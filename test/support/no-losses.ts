import { expect } from 'vitest';
import { audit } from '../../cli/commands/ledger.ts';
import { until } from './until.ts';

/** Waits until the audit finds nothing lost. @param fault what repeats the run, for a failure */
export async function expectNoLosses(
  core: URL,
  relays: readonly URL[],
  fault: string,
  withinMs = 60_000,
): Promise<void> {
  const addresses = relays.map(({ href }) => href);
  const { lost } = await until(
    'an audit without losses',
    async () => {
      const lost = (await audit(core.href, addresses)).filter(({ kind }) => kind === 'lost');
      return lost.length === 0 ? { lost } : null;
    },
    { withinMs, everyMs: 1_000 },
  );
  expect(lost, fault).toEqual([]);
}
