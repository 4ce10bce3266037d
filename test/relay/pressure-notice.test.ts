import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decodeControl, type PressureLevel } from '../../proto/control.ts';
import { Pressure } from '../../relay/pressure.ts';
import { PressureNotice } from '../../relay/pressure-notice.ts';
import type { Session } from '../../relay/session.ts';

const HOSTS = 1000;

/** Hosts that take down which levels of debug they were told. */
function open() {
  const pressure = new Pressure();
  const told = Array.from({ length: HOSTS }, (): (PressureLevel | undefined)[] => []);
  const sessions = told.map((levels) => ({
    send: (_channel: string, payload: Uint8Array) => levels.push(decodeControl(payload).pressure?.debug),
  })) as unknown as Session[];
  const notice = new PressureNotice({ all: () => sessions.values() }, () => pressure.levels());
  const change = (level: PressureLevel) => {
    pressure.fromCore('debug', level);
    notice.tell();
  };
  const all = (level: PressureLevel) => told.every((levels) => levels.at(-1) === level);
  return { told, change, all };
}

test('all hosts are told, some in each turn of the event loop', async () => {
  const { told, change, all } = open();
  change(2);
  let before = told.filter((levels) => levels.length > 0).length;
  expect(before).toBeGreaterThan(0);
  let turns = 0;
  for (; !all(2); turns++) {
    expect(turns).toBeLessThan(HOSTS);
    await nextTurn();
    const now = told.filter((levels) => levels.length > 0).length;
    expect(now - before).toBeLessThan(HOSTS / 2);
    before = now;
  }
  expect(turns).toBeGreaterThan(2);
  await nextTurn();
  expect(told.every((levels) => levels.length === 1)).toBe(true);
});

test('levels that change meanwhile reach everybody, and those who were not told yet at once', async () => {
  const { told, change, all } = open();
  for (const level of [2, 1, 0] as const) {
    change(level);
    await nextTurn();
  }
  for (let turns = 0; !all(0); turns++) {
    expect(turns).toBeLessThan(HOSTS);
    await nextTurn();
  }
  expect(told[0]).toEqual([2, 0]);
  expect(told.at(-1)![0]).toBe(0);
});

test('levels that change in every turn do not keep the last hosts from hearing', async () => {
  const { told, change } = open();
  for (let turn = 0; turn < 50; turn++) {
    change(turn % 2 === 0 ? 2 : 1);
    await nextTurn();
  }
  expect(told.at(-1)!.length).toBeGreaterThan(0);
});
