import { expect, test, vi } from 'vitest';
import type { Bus, BusBatch, BusRecord } from '../../core/ports/bus.ts';

export interface BusUnderTest {
  readonly bus: Bus;
  /** Closes it and opens it again over the same storage. */
  reopen(): Promise<Bus>;
}

/** What every implementation of Bus must do. `make` gives one with the topics `one` and `two`, and the groups `first` and `second` on both. */
export function busContract(name: string, make: () => Promise<BusUnderTest>): void {
  const record = (key: string, value: string): BusRecord => ({ key, value: new TextEncoder().encode(value) });
  const values = (batches: readonly BusBatch[]): string[] =>
    batches.flatMap((batch) => batch.records.map((item) => `${item.key}=${new TextDecoder().decode(item.value)}`));
  const wait = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 5 });
  async function collect(bus: Bus, from: string | null, group = 'first', topic = 'one', maxBytes = 1_000) {
    const batches: BusBatch[] = [];
    const consumer = await bus.consume({ topic, group, from, maxBytes }, async (batch) => {
      batches.push(batch);
    });
    return { batches, consumer };
  }

  test(`${name}: published records come in order, whole, to every group, and to no other topic`, async () => {
    const { bus } = await make();
    const odd = await collect(bus, null, 'second');
    const other = await collect(bus, null, 'first', 'two');
    for (let i = 0; i < 30; i++) await bus.publish('one', [record('h1', `${i}`), record('hö', `${i}`), record('', '')]);
    const even = await collect(bus, null);
    const want = Array.from({ length: 30 }, (_, i) => [`h1=${i}`, `hö=${i}`, '=']).flat();
    await wait(() => expect(values(even.batches).length).toBe(90));
    await wait(() => expect(values(odd.batches).length).toBe(90));
    expect(values(even.batches)).toEqual(want);
    expect(values(odd.batches)).toEqual(want);
    expect(even.batches.length).toBeGreaterThan(1);
    expect(other.batches).toEqual([]);
    await bus.close();
  });

  test(`${name}: the next batch comes when the last one is done, and a failed one comes again`, async () => {
    const { bus } = await make();
    const seen: string[] = [];
    let busy = 0;
    let failures = 3;
    await bus.consume({ topic: 'one', group: 'first', from: null, maxBytes: 200 }, async (batch) => {
      expect(++busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      if (failures > 0) {
        failures--;
        throw new Error('not yet');
      }
      seen.push(...values([batch]));
    });
    for (let i = 0; i < 40; i++) await bus.publish('one', [record('h', `value ${i}`)]);
    await wait(() => expect(seen.length).toBe(40));
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => `h=value ${i}`));
    await bus.close();
  });

  test(`${name}: after a restart a consumer goes on from the position it kept`, async () => {
    const under = await make();
    for (let i = 0; i < 30; i++) await under.bus.publish('one', [record('h', `${i}`.padStart(2_000))]);
    const before = await collect(under.bus, null, 'first', 'one', 10_000);
    await wait(() => expect(values(before.batches).length).toBe(30));
    const kept = before.batches[1]!;
    await before.consumer.close();
    const bus = await under.reopen();
    const after = await collect(bus, kept.next);
    const rest = values(before.batches.slice(2));
    await wait(() => expect(values(after.batches)).toEqual(rest));
    await bus.publish('one', [record('h', 'new')]);
    await wait(() => expect(values(after.batches)).toEqual([...rest, 'h=new']));
    await bus.close();
  });

  test(`${name}: lag falls by what is committed, for that group only`, async () => {
    const { bus } = await make();
    for (let i = 0; i < 20; i++) await bus.publish('one', [record('h', `${i}`)]);
    const lag = async (group: string) =>
      (await bus.lag()).find((entry) => entry.topic === 'one' && entry.group === group);
    expect(await lag('first')).toMatchObject({ records: 20 });
    expect((await lag('first'))!.bytes).toBeGreaterThan(20);
    const { batches, consumer } = await collect(bus, null);
    await wait(() => expect(values(batches).length).toBe(20));
    expect(await lag('first')).toMatchObject({ records: 20 });
    await consumer.commit(batches.at(-1)!.next);
    expect(await lag('first')).toMatchObject({ records: 0, bytes: 0 });
    expect(await lag('second')).toMatchObject({ records: 20 });
    await bus.close();
  });

  test(`${name}: what one group has not committed is kept for it`, async () => {
    const under = await make();
    const first = await collect(under.bus, null);
    for (let i = 0; i < 200; i++) await under.bus.publish('one', [record('h', `${i}`.padStart(100))]);
    await wait(() => expect(values(first.batches).length).toBe(200));
    await first.consumer.commit(first.batches.at(-1)!.next);
    const bus = await under.reopen();
    const second = await collect(bus, null, 'second');
    await wait(() => expect(values(second.batches)).toEqual(values(first.batches)));
    await bus.close();
  });

  test(`${name}: a position that it never gave is refused`, async () => {
    const { bus } = await make();
    await expect(collect(bus, 'nonsense')).rejects.toMatchObject({ code: 'HG_BUS_POSITION' });
    await bus.close();
  });
}
