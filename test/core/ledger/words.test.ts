import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareHop } from '../../../core/ledger/hops.ts';
import { lossesInWords } from '../../../core/ledger/losses.ts';
import { emptyLedger, type Ledger } from '../../../lib/ledger.ts';
import { encodeStatus } from '../../../proto/message.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import { until } from '../../support/until.ts';

let core: TestCore;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
});
afterAll(() => core.remove());

test('when something acknowledged is not there, the words name the hosts and the numbers', async () => {
  const relay = await (await core.relay()).hello();
  const host = new TestHost('web-7');
  const entry = host.lines('log', [{ message: 'the only one' }]);
  expect((await relay.deliver('log', [entry])).kind).toBe('acknowledged');
  const status = encodeStatus({
    state: 'up',
    connection: 'c1',
    boot: host.boot,
    time: 1,
    version: '1',
    profile: 'p',
    series: 1,
    classes: { log: { next: 6, floor: 6, acknowledged: [], queuedFrames: 0, queuedItems: 0, queuedBytes: 0 } },
    ledger: null,
    sources: {},
  });
  relay.fleet([{ host: 'web-7', status }]);
  const report = emptyLedger('relay', 'relay-1', Date.now() - 1_000);
  Object.assign(report.entries.find((one) => one.class === 'log')!, {
    in: { frames: 5, items: 5 },
    out: { frames: 5, items: 5 },
  });
  relay.send({ ledger: { ledger: Buffer.from(JSON.stringify(report)) } });
  const { words } = await until('the ledger does not balance', async () => {
    const view = await core.get<{ balanced: boolean; words: string[] }>('/api/v1/ledger');
    return view.balanced ? null : view;
  });
  expect(words).toContain('Not stored, class log: web-7 (4 frames: 2 to 5).');
  expect(words.at(-1)).toBe('The ledger does not balance; see above.');
});

test('ten hosts are named, the worst first, and the others counted', () => {
  const lost = Array.from({ length: 12 }, (_, i) => ({
    kind: 'lost' as const,
    hop: 'collectors to core',
    host: `h${String(i).padStart(2, '0')}`,
    boot: '',
    class: 'metric',
    ranges: [
      [1, i + 1],
      [100, 100],
    ] as const,
  }));
  const [line, ...rest] = lossesInWords(lost);
  expect(rest).toEqual([]);
  expect(line).toMatch(/^Not stored, class metric: h11 \(13 frames: 1 to 12, \.\.\.\), h10 .* and 2 more hosts\.$/);
  expect(lossesInWords([])).toHaveLength(1);
});

test("a relay's own events are no sign that acknowledgements are under way", () => {
  const ledger = (tier: Ledger['tier'], alerts: number): Ledger => {
    const made = emptyLedger(tier, tier, 1);
    made.entries.find((one) => one.class === 'alert')!.in = { frames: alerts, items: alerts * 2 };
    return made;
  };
  const [hop] = compareHop('collectors', 'relays', [ledger('collector', 0)], [ledger('relay', 3)], true);
  expect(hop).toMatchObject({ class: 'alert', state: 'equal', own: { frames: 3, items: 6 }, received: { frames: 0 } });
  const [other] = compareHop('relays', 'core', [ledger('relay', 0)], [ledger('core', 3)]);
  expect(other).toMatchObject({ class: 'alert', state: 'ahead' });
});
