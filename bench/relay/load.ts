import type { ChildProcess } from 'node:child_process';
import type { Ledger } from '../../lib/ledger.ts';
import { figureOf, pageOf } from '../end-to-end/snapshot.ts';
import type { Load } from './clients.ts';
import { answer, start, usage } from './processes.ts';

export interface Measured {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly samples: number;
  readonly memory: number;
}

/** Puts a load on a relay, and counts its CPU until it has brought all of it to the core. */
export async function measure(
  relay: ChildProcess,
  at: { readonly mqtt: number; readonly http: number },
  load: Omit<Load, 'port'>,
): Promise<Measured> {
  const clients = start('clients.ts', []);
  clients.send({ ...load, port: at.mqtt });
  await answer(clients);
  const before = await usage(relay);
  const began = performance.now();
  clients.send({ go: true });
  const { samples } = await answer<{ samples: number }>(clients);
  const seconds = (performance.now() - began) / 1000;
  for (;;) {
    const ledger = (await (await fetch(`http://127.0.0.1:${at.http}/ledger.json`)).json()) as Ledger;
    if (ledger.entries.every((entry) => entry.queued.frames === 0) && (await allRead(at.http))) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const after = await usage(relay);
  clients.kill();
  return { cpuSeconds: after.cpu - before.cpu, seconds, samples, memory: after.memory };
}

/** Whether the roll-ups and the rules, where there are any, have read all there is. */
async function allRead(http: number): Promise<boolean> {
  const page = await pageOf(new URL(`http://127.0.0.1:${http}/metrics`));
  return ['rollup', 'rules'].every((who) => figureOf(page, `heliograph_relay_${who}_behind_bytes`) === 0);
}
