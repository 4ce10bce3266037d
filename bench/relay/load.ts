import type { ChildProcess } from 'node:child_process';
import type { Ledger } from '../../lib/ledger.ts';
import { figureOf, pageOf } from '../end-to-end/snapshot.ts';
import type { Go, Load } from './clients.ts';
import { answer, start, usage } from './processes.ts';

export interface Measured {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly samples: number;
  readonly memory: number;
}

/**
 * Puts a load on a relay, and counts its CPU until it has brought all of it to the core.
 * @param warmFrames of all hosts, sent before on the same connections and not counted
 */
export async function measure(
  relay: ChildProcess,
  at: { readonly mqtt: number; readonly http: number },
  load: Omit<Load, 'port'>,
  warmFrames = 0,
): Promise<Measured> {
  const clients = start('clients.ts', []);
  clients.send({ ...load, port: at.mqtt });
  await answer(clients);
  if (warmFrames > 0) {
    clients.send({ frames: warmFrames, more: true } satisfies Go);
    await answer(clients);
    await allBrought(at.http);
  }
  const before = await usage(relay);
  const began = performance.now();
  clients.send({} satisfies Go);
  const { samples } = await answer<{ samples: number }>(clients);
  const seconds = (performance.now() - began) / 1000;
  await allBrought(at.http);
  const after = await usage(relay);
  clients.kill();
  return { cpuSeconds: after.cpu - before.cpu, seconds, samples, memory: after.memory };
}

/** Resolves when the core has all that the relay took, and the relay's own readers, too. */
async function allBrought(http: number): Promise<void> {
  for (;;) {
    const ledger = (await (await fetch(`http://127.0.0.1:${http}/ledger.json`)).json()) as Ledger;
    if (ledger.entries.every((entry) => entry.queued.frames === 0) && (await allRead(http))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether the roll-ups and the rules, where there are any, have read all there is. */
async function allRead(http: number): Promise<boolean> {
  const page = await pageOf(new URL(`http://127.0.0.1:${http}/metrics`));
  return ['rollup', 'rules'].every((who) => figureOf(page, `heliograph_relay_${who}_behind_bytes`) === 0);
}
