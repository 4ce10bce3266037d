import { expect, test } from 'vitest';
import { imbalance } from '../../lib/ledger.ts';
import { newLife } from '../../simulator/life.ts';
import { Outbox, type OutgoingFrame } from '../../simulator/outbox.ts';

const lives = [0, 1].map((number) => newLife(1, 2, number, 1_795_000_000_000));
let id = 0;
const nextId = () => ++id;

function frame(outbox: Outbox, life = lives[0]!, items = 10): OutgoingFrame {
  const sequence = outbox.takeSequence();
  const about = {
    class: 'metric',
    life,
    sequence,
    floor: outbox.floor(life),
    created: 0,
    items,
    previous: null,
  } as const;
  return {
    ...about,
    rows: { step: sequence, instants: 1 },
    body: null,
    lines: [],
    messageId: 0,
    sentAt: 0,
    again: false,
  };
}

test('eight frames are in flight at most; a broken connection brings all of them again, in order', () => {
  const outbox = new Outbox(100);
  for (let i = 0; i < 12; i++) expect(outbox.add(frame(outbox))).toEqual([]);
  const sent = Array.from({ length: 9 }, () => outbox.takeReady(nextId, 1));
  expect(sent.map((one) => one?.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, undefined]);
  expect(outbox.acknowledge(sent[2]!.messageId)?.sequence).toBe(3);
  expect(outbox.acknowledge(123_456)).toBeNull();
  expect(outbox.takeReady(nextId, 1)?.sequence).toBe(9);
  expect(outbox.status(lives[0]!)).toMatchObject({ next: 13, floor: 1, acknowledged: [[3, 3]], queuedFrames: 11 });
  expect(sent[0]!.again).toBe(false);
  outbox.disconnected();
  expect(outbox.takeReady(nextId, 1)).toMatchObject({ sequence: 1, again: true });
});

test('a full outbox gives up an eighth of the oldest that are not in flight, and its account balances', () => {
  const outbox = new Outbox(16);
  for (let i = 0; i < 16; i++) outbox.add(frame(outbox));
  const flying = outbox.takeReady(nextId, 1)!;
  const dropped = outbox.add(frame(outbox));
  expect(dropped.map(({ sequence }) => sequence)).toEqual([2, 3]);
  // The frame that declares them makes no room for itself.
  expect(outbox.add(frame(outbox, lives[0], 0))).toEqual([]);
  outbox.acknowledge(flying.messageId);
  const entry = outbox.ledgerEntry('metric');
  expect(entry.dropped.cap).toEqual({ frames: 2, items: 20 });
  expect(imbalance(entry)).toEqual({ frames: 0, items: 0 });
});

test('a new life counts from one again, and its floor leaves the old one out', () => {
  const outbox = new Outbox(100);
  for (let i = 0; i < 3; i++) outbox.add(frame(outbox));
  expect(outbox.newLife()).toBe(3);
  expect(outbox.floor(lives[1]!)).toBe(1);
  outbox.add(frame(outbox, lives[1]));
  const first = outbox.takeReady(nextId, 1)!;
  expect([first.life, first.sequence]).toEqual([lives[0], 1]);
  expect(outbox.status(lives[1]!)).toMatchObject({ next: 2, floor: 1, queuedFrames: 4 });
  expect(lives[1]!.boot > lives[0]!.boot).toBe(true);
});
