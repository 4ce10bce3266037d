import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { seededRandom } from '../../../simulator/random.ts';
import { IngestCore } from '../../support/ingest-core.ts';
import { until } from '../../support/until.ts';
import { ClockedRelay, relayBefore } from '../rollup/clocked-relay.ts';
import { samplesAt, samplesFrame, sentPage } from '../rollup/samples.ts';
import { connectClient } from '../setup.ts';

const directory = mkdtempSync(join(tmpdir(), 'shape-kill-'));
const core = new IngestCore();
let relay: ClockedRelay | null = null;
let client: MqttClient | null = null;
afterEach(async () => {
  client?.end(true);
  await relay?.kill();
  await core.close();
  rmSync(directory, { recursive: true, force: true });
});

const T = 1_790_000_000_000;
const FRAMES = 60;
const PAGE = sentPage([{ name: 'kept' }, { name: 'old' }, { name: 'unwanted' }]);
const rules = (name: string) => `
- {source_labels: [__name__], regex: unwanted, action: drop}
- {source_labels: [__name__], regex: old, target_label: __name__, replacement: ${name}}
`;

test('kill -9 and other rules in between: every frame is at the core, each sample under the rules of one time', async () => {
  const seed = Number(process.env.HELIOGRAPH_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const { authority, config } = await relayBefore(core, directory);
  const file = join(directory, 'relabel.yaml');
  writeFileSync(file, rules('new_0'));
  relay = new ClockedRelay(
    {
      ...config,
      relabel: { rules: file },
      forward: { linger: '5ms' },
    },
    Date.now(),
  );
  await relay.start();
  const files = await authority.issue({ name: 'h1', role: 'collector', days: 2 });
  // Now and then the core takes frames and its answer is lost with the relay: those come again, shaped by the rules of then.
  core.answer = () => (random() < 0.4 ? 'silence' : 'acknowledge');
  let kills = 0;
  let next = 0;
  while (next <= FRAMES) {
    client ??= await connectClient(relay.mqtt, files, 'h1');
    const payload = next === 0 ? PAGE.content : samplesFrame(PAGE, next, [[T + next, next, next, next]]);
    const part = next === 0 ? 'definitions' : 'metric';
    const answer = client.publishAsync(`fleet/h1/${part}`, Buffer.from(payload), { qos: 1 });
    const dies = next > 0 && next % 20 === 0 && kills < next / 20;
    if (!dies) await answer;
    else {
      // With a frame half way, which may or may not be in the journal.
      answer.catch(() => undefined);
      client.end(true);
      client = null;
      await relay.kill();
      writeFileSync(file, rules(`new_${++kills}`));
      await relay.start();
      continue;
    }
    next++;
  }
  core.answer = () => 'acknowledge';
  await relay.kill();
  await relay.start();
  const account = await until('the account', async () => {
    const ledger = (await (await fetch(`http://127.0.0.1:${relay!.http}/ledger.json`)).json()) as Ledger;
    const entry = ledger.entries.find((one) => one.class === 'metric')!;
    return entry.queued.frames === 0 && entry.in.frames > 0 ? entry : null;
  });
  const context = `seed ${seed}`;
  expect(new Set(core.sequences('h1', 'metric')), context).toEqual(
    new Set(Array.from({ length: FRAMES }, (_, i) => i + 1)),
  );
  expect(imbalance(account), context).toEqual({ frames: 0, items: 0 });
  expect(account.out, context).toEqual({ frames: FRAMES, items: FRAMES * 2 });
  expect(account.dropped, context).toEqual({ relabelled: { frames: 0, items: FRAMES } });
  // As a core has it, which takes the first of each number.
  const first = new Set<number>();
  const taken = core.frames.filter(({ host, class: name, sequence }) => {
    if (host !== 'h1' || name !== 'metric' || first.has(sequence)) return false;
    first.add(sequence);
    return true;
  });
  core.frames.splice(0, Number.POSITIVE_INFINITY, ...taken);
  const found = samplesAt(core, 'h1');
  for (let i = 1; i <= FRAMES; i++) {
    const here = Object.entries(found).filter(([name]) => name.endsWith(`@${T + i}`));
    expect(here, context).toHaveLength(2);
    expect(here.map(([name]) => name.replace(/_\d\{/, '{')).sort(), context).toEqual([
      `kept{}@${T + i}`,
      `new{}@${T + i}`,
    ]);
    for (const [, value] of here) expect(value, context).toBe(i);
  }
  expect(core.undefinedFrames, context).toBe(0);
});
