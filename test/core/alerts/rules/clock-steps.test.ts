import { afterEach, expect, test } from 'vitest';
import { EPOCH, EvaluatedRules } from './evaluated-rules.ts';

const HOUR = 3_600_000;
const RULES = `
groups:
  - name: g
    interval: 10s
    rules:
      - {alert: Loaded, expr: load > 5}
      - {alert: LoadedLong, expr: load > 5, for: 10m}
      - {alert: NoLoad, expr: absent(load)}
      - {alert: Kept, expr: load > 7, keep_firing_for: 10m}
`;

const opened: EvaluatedRules[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** Rules of which one fires, one pends, one fires on, and one does neither. */
async function running(): Promise<EvaluatedRules> {
  const one = new EvaluatedRules();
  opened.push(one);
  one.write(RULES);
  one.open();
  put(one, EPOCH, 8);
  await one.pass(60, (second) => put(one, EPOCH + second * 1_000, 8));
  await one.pass(60, (second) => put(one, EPOCH + second * 1_000, 7));
  expect(states(one)).toEqual(BEFORE);
  return one;
}

const BEFORE = ['Kept firing 8', 'Loaded firing 7', 'LoadedLong pending 7'];
const states = (one: EvaluatedRules) =>
  [...one.book.all()].map(({ labels, state, value }) => `${labels.alertname} ${state} ${value}`).sort();
const changes = (one: EvaluatedRules): string[] => {
  const seen: string[] = [];
  one.book.onChange(({ labels }, change) => seen.push(`${labels.alertname} ${change}`));
  return seen;
};
function put(one: EvaluatedRules, time: number, value: number): void {
  one.metrics.put({ __name__: 'load', instance: 'a' }, time, value);
}

test.each([HOUR, -HOUR])(
  'the clock of the core steps by %d ms, and hosts know better: nothing fires, nothing ends',
  async (step) => {
    const one = await running();
    const seen = changes(one);
    one.wall += step;
    // Until what pends has pended for its time, by a clock that does not step.
    await one.pass(400, (second) => put(one, EPOCH + second * 1_000, 7));
    expect(seen).toEqual([]);
    expect(states(one)).toEqual(BEFORE);
    expect(one.clock.doubt).not.toBeNull();
    await one.pass(200, (second) => put(one, EPOCH + second * 1_000, 7));
    expect(seen).toEqual(['LoadedLong firing', 'Kept resolved']);
    one.wall -= step;
    await one.pass(60, (second) => put(one, EPOCH + second * 1_000, 7));
    expect(one.clock.doubt).toBeNull();
    expect(seen).toEqual(['LoadedLong firing', 'Kept resolved']);
    expect(one.missed).toEqual([]);
  },
);

test.each([HOUR, -HOUR])(
  'all clocks step by %d ms together: rules go by the new time, and nothing fires or ends',
  async (step) => {
    const one = await running();
    const seen = changes(one);
    one.wall += step;
    await one.pass(400, (second) => put(one, EPOCH + step + second * 1_000, 7));
    expect(one.clock.doubt).toBeNull();
    expect(Math.abs(one.clock.now() - one.wall)).toBeLessThan(1_000);
    expect(seen).toEqual([]);
    expect(states(one)).toEqual(BEFORE);
    // Alerts' time is a step behind, and comes back slowly.
    const behind = one.clock.alertTime(one.clock.now()) - one.wall;
    expect(Math.sign(behind)).toBe(-Math.sign(step));
    expect(Math.abs(behind)).toBeLessThan(HOUR);
    // A tenth more or less of the ten minutes that are left.
    await one.pass(300, (second) => put(one, EPOCH + step + second * 1_000, 7));
    expect(seen).toEqual(expect.arrayContaining(['LoadedLong firing', 'Kept resolved']));
    expect(one.missed).toEqual([]);
  },
);

test('a step of a minute is followed at once, and counts for no alert', async () => {
  const one = await running();
  const seen = changes(one);
  one.wall += 60_000;
  await one.pass(400, (second) => put(one, EPOCH + 60_000 + second * 1_000, 7));
  expect(seen).toEqual([]);
  expect(one.clock.doubt).toBeNull();
});

test('a store that is gone while the clock steps is no reason to believe it', async () => {
  const one = await running();
  one.wall += HOUR;
  one.metrics.trouble = new Error('gone');
  await one.pass(60);
  expect(one.clock.doubt).not.toBeNull();
  one.metrics.trouble = null;
  await one.pass(20, (second) => put(one, EPOCH + second * 1_000, 7));
  expect(states(one)).toEqual(BEFORE);
});

test('one host whose clock is wrong makes no new time', async () => {
  const one = await running();
  const fleet = (second: number) => {
    for (const instance of ['a', 'b', 'c', 'd']) {
      one.metrics.put({ __name__: 'load', instance }, EPOCH + second * 1_000, 7);
    }
    one.metrics.put({ __name__: 'load', instance: 'wrong' }, EPOCH + HOUR + second * 1_000, 1);
  };
  await one.pass(60, fleet);
  one.wall += HOUR;
  await one.pass(60, fleet);
  expect(one.clock.doubt).not.toBeNull();
  expect(states(one).filter((state) => /resolved|NoLoad/.test(state))).toEqual([]);
});

test('a clock that was set back while the core was down makes no alert younger', async () => {
  const one = await running();
  one.kill();
  one.wall -= HOUR;
  const at = one.wall - one.mono;
  put(one, one.wall, 7);
  one.open();
  await one.pass(100, (second) => put(one, at + second * 1_000, 7));
  expect(states(one)).toEqual(BEFORE);
  await one.pass(600, (second) => put(one, at + second * 1_000, 7));
  expect(states(one)).toContain('LoadedLong firing 7');
});
