import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { claimPort } from '../cli/start/ports.ts';
import { createFleet } from '../test/support/fleet.ts';
import { TierProcess } from '../test/support/tier-process.ts';
import { Heard } from './alert-latency/heard.ts';
import { threeDigits } from './page/three-digits.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 4;
/** An alarm within the minute: the promise. */
const TARGET_S = 60;
const PATIENCE_MS = 120_000;

/** From a core, relay or watch that is killed, or a core that hangs, to a webhook that has heard of it, as they are set unless told otherwise. */
export async function run(): Promise<BenchResult[]> {
  const free = () => claimPort({ option: '', port: 0, what: 'bench' });
  const [door, http] = [await free(), await free()];
  // Two ways out, as it should be.
  const [ofCore, ofWatch] = [await Heard.open(), await Heard.open()];
  const notify = (heard: Heard) => ({
    notify: { groupBy: ['alertname', 'instance'], receivers: [{ name: 'hook', webhook: { url: heard.url } }] },
  });
  const told = { watch: { to: [`127.0.0.1:${door}`] } };
  const fleet = await createFleet({ collectors: 0, core: { ...told, alerts: notify(ofCore) }, relay: told });
  const { cert, key } = await fleet.authority.issue({ name: 'watch-1', role: 'core', hosts: ['127.0.0.1'], days: 2 });
  const file = join(fleet.directory, 'watch.yaml');
  writeFileSync(
    file,
    stringify({
      ...{ name: 'watch-1', dataDir: join(fleet.directory, 'watch'), listen: `127.0.0.1:${door}` },
      ...{ http: { listen: `127.0.0.1:${http}` }, tls: { ca: join(fleet.directory, 'ca', 'ca.pem'), cert, key } },
      alerts: { tiers: { expect: ['core-1', 'relay-1'] }, ...notify(ofWatch) },
    }),
  );
  const watch = new TierProcess('heliograph.ts', ['watch', '--config', file], join(fleet.directory, 'watch.out'));
  const times: Record<string, number[]> = { core: [], relay: [], hang: [], watch: [] };
  const round = async (
    what: string,
    [heard, alert, instance]: readonly [Heard, string, string],
    gone: () => unknown,
    back: () => unknown,
  ) => {
    const at = Date.now();
    await gone();
    times[what]!.push((await heard.first(alert, instance, 'firing', at, PATIENCE_MS)).at - at);
    await back();
    await heard.first(alert, instance, 'resolved', at, PATIENCE_MS);
  };
  try {
    await Promise.all([watch.start(), fleet.core.start()]);
    await fleet.relay.start();
    // Everybody has heard of everybody: the first to be missed is one that was there.
    await wait(15_000);
    const core = [ofWatch, 'TierSilent', 'core-1'] as const;
    for (let i = 0; i < ROUNDS; i++) {
      // Each at another moment between two words of the one who is missed.
      await wait(i * 2_300);
      await round(
        'core',
        core,
        () => fleet.core.kill(),
        () => fleet.core.start(),
      );
      await round(
        'watch',
        [ofCore, 'WatchSilent', `127.0.0.1:${door}`],
        () => watch.kill(),
        () => watch.start(),
      );
      await round(
        'relay',
        [ofWatch, 'TierSilent', 'relay-1'],
        () => fleet.relay.kill(),
        () => fleet.relay.start(),
      );
      const { pid } = fleet.core;
      await round(
        'hang',
        core,
        () => process.kill(pid!, 'SIGSTOP'),
        () => process.kill(pid!, 'SIGCONT'),
      );
    }
    return [
      ...figures('kill -9 of the core, told by the watch', times.core!),
      ...figures('kill -9 of the watch, told by the core', times.watch!),
      ...figures('kill -9 of a relay, told by the watch', times.relay!),
      ...figures('a core that hangs, its connections open, told by the watch', times.hang!),
    ];
  } finally {
    await watch.kill();
    await fleet.close();
    ofCore.close();
    ofWatch.close();
  }
}

function figures(what: string, times: readonly number[]): BenchResult[] {
  const sorted = times.toSorted((a, b) => a - b);
  const note = `${times.length} times, every setting as it is unless stated`;
  const at = (index: number) => threeDigits(sorted[index]! / 1000);
  return [
    { name: `${what}: to the webhook, median`, value: at(Math.floor((sorted.length - 1) / 2)), unit: 's', note },
    {
      name: `${what}: to the webhook, the longest`,
      value: at(sorted.length - 1),
      unit: 's',
      target: TARGET_S,
      note,
    },
  ];
}
