import { expect, test } from 'vitest';
import type { OwnEvents } from '../../../relay/own-events.ts';
import type { Alert } from '../../../relay/rules/alert.ts';
import { HandOver } from '../../../relay/rules/hand-over.ts';

/** A journal whose acknowledgements the test gives, and an alert that fires at 0. */
function place(receivers = true) {
  let durable: (() => void)[] = [];
  let end = 100;
  const told: string[] = [];
  const state = { acknowledged: 0, away: null as number | null, full: false, changes: 0 };
  const events = {
    tell: (type: string, _: string, facts: Record<string, unknown>, done: () => void) => {
      if (state.full) return false;
      told.push(`${type} ${facts['heliograph.alert.notified_by']}`);
      durable.push(done);
      return true;
    },
  } as unknown as OwnEvents;
  const handOver = new HandOver(
    {
      events,
      relay: 'r',
      end: () => end,
      acknowledged: () => state.acknowledged,
      awaySince: () => state.away,
      afterMs: 30_000,
      receivers,
      changed: () => state.changes++,
    },
    0,
  );
  const alert: Alert = {
    rule: 'x',
    labels: { alertname: 'A' },
    fingerprint: 'f',
    annotations: {},
    value: '1',
    state: 'firing',
    activeAt: 0,
    heldAt: 0,
    firedAt: 0,
    resolvedAt: null,
    told: 'nothing',
    owner: null,
    ownerTold: false,
    position: 0,
    sent: {},
  };
  return {
    state,
    told,
    alert,
    handOver,
    /** One step; what it told is durable after it. */
    step: (mono: number) => {
      handOver.step(alert, mono, mono);
      end += durable.length;
      for (const done of durable) done();
      durable = [];
    },
    acknowledge: () => {
      state.acknowledged = end;
    },
  };
}

test('an alert is handed over when the core has acknowledged it, and stays there though the core goes', () => {
  const { step, acknowledge, told, alert, state } = place();
  step(0);
  step(1000);
  expect(told).toEqual(['alert.firing null']);
  acknowledge();
  step(2000);
  acknowledge();
  step(3000);
  state.away = 3000;
  state.acknowledged = 0;
  step(1_000_000);
  expect(told).toEqual(['alert.firing null', 'alert.notified core']);
  alert.state = 'resolved';
  alert.resolvedAt = 1_000_000;
  step(1_000_001);
  expect(told.at(-1)).toBe('alert.resolved core');
});

test('a hand-over that is not heard of is taken back, once', () => {
  const { step, acknowledge, told, state, handOver } = place();
  step(0);
  acknowledge();
  step(1000);
  state.away = 1100;
  step(30_999);
  expect(told.at(-1)).toBe('alert.notified core');
  step(31_000);
  acknowledge();
  state.away = null;
  step(40_000);
  step(80_000);
  expect(told).toEqual(['alert.firing null', 'alert.notified core', 'alert.notified relay']);
  expect(handOver).toMatchObject({ handedOver: 1, taken: 1, takenBack: 1 });
});

test('a core that is there and acknowledges nothing counts as silent; without receivers nothing is taken', () => {
  const silent = place();
  silent.step(0);
  silent.step(29_999);
  expect(silent.alert.owner).toBe(null);
  silent.step(30_000);
  expect(silent.alert.owner).toBe('relay');
  const mute = place(false);
  mute.state.away = 0;
  mute.step(0);
  mute.step(1_000_000);
  expect(mute.alert.owner).toBe(null);
  mute.acknowledge();
  mute.state.away = null;
  mute.step(1_000_001);
  expect(mute.alert.owner).toBe('core');
});

test('an event for which there is no room is told later, and what was over before is told to nobody', () => {
  const { step, told, state, alert } = place();
  state.full = true;
  step(0);
  state.full = false;
  alert.state = 'resolved';
  alert.resolvedAt = 10;
  for (const mono of [100, 200, 1_000_000]) step(mono);
  expect(told).toEqual(['alert.firing null', 'alert.resolved null']);
});

test('alerts with long texts go into the journal a few at a time, and one whose instance is no name goes under that of the relay', () => {
  const told: string[] = [];
  const done: (() => void)[] = [];
  const events = {
    tell: (_: string, host: string, __: object, durable: () => void) => {
      told.push(host);
      done.push(durable);
      return true;
    },
  } as unknown as OwnEvents;
  const handOver = new HandOver(
    {
      events,
      relay: 'r',
      end: () => 1,
      acknowledged: () => 0,
      awaySince: () => null,
      afterMs: 1,
      receivers: false,
      changed: () => undefined,
    },
    0,
  );
  const { alert } = place();
  const many = Array.from({ length: 100 }, () => ({
    ...alert,
    labels: { alertname: 'A', instance: 'i'.repeat(300) },
    annotations: { long: 'x'.repeat(30_000) },
  }));
  for (const one of many) handOver.step(one, 0, 0);
  expect(told).toEqual(Array.from({ length: 9 }, () => 'r'));
  for (const durable of done.splice(0)) durable();
  for (const one of many) handOver.step(one, 0, 0);
  expect(told).toHaveLength(18);
});
