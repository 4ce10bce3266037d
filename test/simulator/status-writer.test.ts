import { expect, test } from 'vitest';
import { emptyLedger } from '../../lib/ledger.ts';
import { encodeStatus, type Status } from '../../proto/status.ts';
import { StatusWriter } from '../../simulator/status-writer.ts';

const NUMBERS = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 1, 1_795_000_000_123, 0.5];

function statusOf(number: number): Status {
  const amount = { frames: number, items: number };
  const ledger = emptyLedger('collector', 'sim-0001', number);
  ledger.entries[1]!.in = amount;
  ledger.entries[1]!.dropped = { cap: amount };
  const place = { next: number, floor: number, queuedFrames: number, queuedItems: number, queuedBytes: number };
  const acknowledged = [[number, number] as const, [1, 2] as const];
  return {
    state: 'up',
    connection: 'k3j2h1',
    boot: '00112233445566778899aabb',
    time: number,
    version: '0.1.0',
    profile: 'a longer name than twenty-four characters',
    series: number,
    classes: { metric: { ...place, acknowledged } },
    ledger,
    sources: {},
  };
}

test("a status has the bytes of the collector's encoder, whatever the size of its numbers", () => {
  const writer = new StatusWriter();
  for (const number of NUMBERS) {
    for (const status of [statusOf(number), { ...statusOf(number), state: 'down', ledger: null, classes: {} } as const])
      expect(Buffer.from(writer.write(status)).toString('hex')).toBe(Buffer.from(encodeStatus(status)).toString('hex'));
  }
});
