import { expect, test } from 'vitest';
import { type Backlog, drain } from '../../bench/end-to-end/drain.ts';

/** A backlog over time, on a clock that goes on by what is waited. */
async function drained(of: (seconds: number) => Partial<Backlog>) {
  let now = 0;
  const said: string[] = [];
  const look = async () => ({ outboxes: 0, relay: 0, bus: 0, over: true, ...of(now / 1000) });
  const clock = {
    now: () => now,
    pause: async (ms: number) => {
      now += ms;
    },
  };
  return { seconds: await drain(look, (line) => said.push(line), clock), said };
}

test('it takes as long as something gets less, and says where things stand', async () => {
  // A frame less in half a minute, for five minutes.
  const { seconds, said } = await drained((at) => ({ relay: Math.max(0, 10 - Math.floor(at / 30)) }));
  expect(seconds).toBe(300);
  expect(said).toHaveLength(59);
  expect(said[0]).toContain('0 frames in outboxes, 10 in the relay, 0 records on the bus');
});

test('nothing waits, but more may come: it is not over', async () => {
  expect((await drained((at) => ({ over: at >= 7 }))).seconds).toBe(7);
});

test('a minute in which nothing gets less ends it, and the error says what waits where', async () => {
  await expect(drained((at) => ({ outboxes: at < 10 ? 9 : 3, bus: 4 }))).rejects.toThrow(
    'nothing got less for 60 s: 3 frames in outboxes, 0 in the relay, 4 records on the bus',
  );
});
