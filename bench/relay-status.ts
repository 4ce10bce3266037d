import { setTimeout as wait } from 'node:timers/promises';
import { threeDigits } from './page/three-digits.ts';
import { Crowd } from './relay/crowd.ts';
import { answer, start, usage } from './relay/processes.ts';
import { openStation } from './relay/station.ts';
import type { BenchResult } from './result.ts';
import { USUAL_HOSTS } from './settings.ts';

/** HELIOGRAPH_BENCH_HOSTS=10000 for the figures that count. */
const HOSTS = Number(process.env.HELIOGRAPH_BENCH_HOSTS ?? USUAL_HOSTS['relay-status']);
const AT_ONCE = 50;
/** Looks that are counted, each for a new state: further ones within a second would be given the same. */
const LOOKS = 30;
const LOOK_MS = 1100;
/** More who ask at the same time. */
const MANY = 20;

/** What it costs a relay that somebody looks: CPU of a look at all hosts by the page and `top`, of one within the same second, and how long an answer takes. */
export async function run(): Promise<BenchResult[]> {
  const { ca, config, close } = await openStation(HOSTS);
  const relay = start('relay.ts', [JSON.stringify(config)], ['--expose-gc']);
  let crowd: Crowd | undefined;
  try {
    const at = await answer<{ mqtt: number; http: number }>(relay);
    crowd = await Crowd.open({ port: at.mqtt, directory: ca, hosts: HOSTS });
    await crowd.connect(HOSTS, AT_ONCE);
    const url = `http://127.0.0.1:${at.http}/status.json?sort=rate&count=50`;
    const times: number[] = [];
    const look = async () => {
      const began = performance.now();
      const { rows } = (await (await fetch(url)).json()) as { rows: unknown[] };
      if (rows.length !== 50) throw new Error(`${rows.length} rows`);
      times.push(performance.now() - began);
    };
    const eachSecond = async (work: () => Promise<unknown>) => {
      for (let i = 0; i < LOOKS; i++) {
        await work();
        await wait(LOOK_MS);
      }
    };
    // The compiler is at work in the first ones.
    await eachSecond(look);
    const before = await usage(relay, true);
    await eachSecond(async () => undefined);
    const idle = await usage(relay);
    times.length = 0;
    await eachSecond(look);
    const looked = await usage(relay);
    const waits = times.toSorted((a, b) => a - b);
    await eachSecond(() => Promise.all(Array.from({ length: MANY }, look)));
    const many = await usage(relay);
    const nothing = idle.cpu - before.cpu;
    const one = looked.cpu - idle.cpu - nothing;
    const ms = (seconds: number, count: number) => threeDigits((seconds / count) * 1000);
    const note = `${HOSTS} hosts connected, none of them sending; 50 rows sorted by rate`;
    return [
      { name: 'CPU of a look', value: ms(one, LOOKS), unit: 'ms', note },
      {
        name: `CPU of each of ${MANY} looks at the same time`,
        value: ms(many.cpu - looked.cpu - nothing - one, LOOKS * (MANY - 1)),
        unit: 'ms',
        note: 'beyond the first',
      },
      { name: 'an answer takes, median', value: threeDigits(waits[LOOKS >> 1]!), unit: 'ms', note },
      { name: 'an answer takes, at most', value: threeDigits(waits.at(-1)!), unit: 'ms', note },
      { name: 'the relay with nobody looking', value: ms(nothing, LOOKS * (LOOK_MS / 1000)), unit: 'ms CPU/s' },
    ];
  } finally {
    relay.kill('SIGKILL');
    crowd?.kill();
    close();
  }
}
