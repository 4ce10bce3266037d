import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HAND_OVER_MS, handOver, MOST_HAND_OVER_MS } from '../../relay/workers/hand-over.ts';

/** A worker as a host that comes elsewhere sees it. */
class FakeSlot {
  up = true;
  quiet = false;
  awaySince: number | null = null;
  asked: { done: (value: unknown) => void; fail: (error: Error) => void }[] = [];

  ask(): Promise<unknown> {
    return new Promise((done, fail) => {
      this.asked.push({ done, fail });
    });
  }

  async standing(withinMs: number): Promise<boolean> {
    const until = Date.now() + withinMs;
    while (!this.up && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
    return this.up;
  }

  end(): void {
    this.up = false;
    this.quiet = false;
    this.awaySince = Date.now();
    for (const { fail } of this.asked) fail(new Error('ended'));
  }

  stand(): void {
    this.up = true;
    this.awaySince = null;
  }
}

let slot: FakeSlot;
let told: unknown;

beforeEach(() => {
  vi.useFakeTimers();
  slot = new FakeSlot();
  told = 'waits';
});
afterEach(() => void vi.useRealTimers());

function come(): void {
  told = 'waits';
  void handOver(slot, (id) => ({ kind: 'farewell', id }), Date.now).then((answer) => {
    told = answer;
  });
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('one that does not answer though its loop turns is waited for so long and no longer', async () => {
  come();
  await pass(HAND_OVER_MS - 100);
  expect(told).toBe('waits');
  await pass(200);
  expect(told).toBeNull();
});

test('one whose loop is silent is waited for until it is ended, and the process after it answers', async () => {
  come();
  await pass(5000);
  slot.quiet = true;
  await pass(14_000);
  expect(told).toBe('waits');
  slot.end();
  await pass(5000);
  slot.stand();
  await pass(1000);
  expect(slot.asked).toHaveLength(2);
  slot.asked[1]!.done('known');
  await pass(0);
  expect(told).toBe('known');
});

test('one that stays away costs its time once, from its end, and not at each connection', async () => {
  slot.end();
  await pass(HAND_OVER_MS - 1000);
  come();
  await pass(900);
  expect(told).toBe('waits');
  await pass(200);
  expect(told).toBeNull();
  come();
  await pass(0);
  expect(told).toBeNull();
});

test('one whose disk has not answered for long is not waited for, and hears all the same that the host is elsewhere', async () => {
  slot.awaySince = Date.now() - HAND_OVER_MS;
  come();
  await pass(0);
  expect([told, slot.asked.length]).toEqual([null, 1]);
  // An answer that comes after all, or none, is nobody's.
  slot.asked[0]!.fail(new Error('ended'));
  await pass(0);
});

test('one that says that it cannot is not asked again', async () => {
  come();
  await pass(0);
  slot.asked[0]!.fail(new Error('the disk refused'));
  await pass(0);
  expect([told, slot.asked.length]).toEqual([null, 1]);
});

test('one that ends again and again keeps nobody for ever', async () => {
  come();
  for (let time = 0; time < MOST_HAND_OVER_MS - 5000; time += 5000) {
    await pass(4000);
    slot.end();
    await pass(1000);
    slot.stand();
  }
  expect(told).toBe('waits');
  await pass(5100);
  expect(told).toBeNull();
});
