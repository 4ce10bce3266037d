import type { Ledger } from '../../lib/ledger.ts';
import type { Fleet } from '../../test/support/fleet.ts';
import type { Load } from '../relay/clients.ts';
import { answer, start } from '../relay/processes.ts';

/** As many frames as of 2,000 hosts at 10 s: what costs is frames and samples, not who sent them. */
const HOSTS = 200;
const STEP_MS = 1_000;
/** Names of `bench/relay/clients.ts`, as an inventory matches them: nobody waits for these. */
export const BACKLOG_HOSTS = ['h?', 'h??', 'h???'];

/** What a relay took that had no core for so long, made at once: its samples are of that time, and lie in its journal. @returns frames */
export async function makeBacklog(fleet: Fleet, minutes: number): Promise<number> {
  const { authority, relayAddress } = fleet;
  for (let i = 0; i < HOSTS; i++) await authority.issue({ name: `h${i}`, role: 'collector', days: 2 });
  const each = (minutes * 60_000) / STEP_MS;
  const clients = start('clients.ts', []);
  try {
    const load: Load = {
      ...{ port: relayAddress.port, directory: authority.directory, hosts: HOSTS, frames: each * HOSTS },
      ...{ instants: 1, from: 1, past: { from: Date.now() - minutes * 60_000, stepMs: STEP_MS } },
    };
    clients.send(load);
    await answer(clients);
    clients.send({});
    await answer(clients);
  } finally {
    clients.kill();
  }
  return each * HOSTS;
}

/** Metric frames that the relay has and the core has not acknowledged. */
export async function backlogOf({ relayUrl }: Fleet): Promise<number> {
  const ledger = (await (await fetch(new URL('/ledger.json', relayUrl))).json()) as Ledger;
  return ledger.entries.find((entry) => entry.class === 'metric')?.queued.frames ?? 0;
}
