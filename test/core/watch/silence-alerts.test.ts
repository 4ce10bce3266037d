import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlertBook } from '../../../core/alerts/alert-book.ts';
import { AlertStore } from '../../../core/alerts/alert-store.ts';
import { openOwnDatabase } from '../../../core/disk/own-database.ts';
import { SilenceAlerts } from '../../../core/watch/silence-alerts.ts';

const START = 1_800_000_000_000;
let directory: string;
let database: ReturnType<typeof openOwnDatabase>;
let book: AlertBook;
let wall: number;
let steady: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heliograph-silence-'));
  wall = START;
  steady = 1000;
  open();
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

function open(): void {
  const path = join(directory, 'alerts.db');
  database = openOwnDatabase(path);
  book = new AlertBook(new AlertStore(database, path), 100);
}

function begin(expected: readonly string[] = ['core-1', 'relay-1']): SilenceAlerts {
  return new SilenceAlerts({
    ...{ book, name: 'TierSilent', label: 'instance', expected, silentMs: 30_000 },
    ...{ now: () => wall, steady: () => steady },
    words: (who, seconds, why) => ({ summary: `${who} for ${seconds} s: ${why}` }),
  });
}

function pass(ms: number): void {
  wall += ms;
  steady += ms;
}

const firing = () => [...book.all()].filter(({ state }) => state === 'firing').map(({ labels }) => labels.instance);

test('who is not heard for too long is silent, from then on and until it is heard', () => {
  const alerts = begin();
  alerts.heard('core-1');
  alerts.heard('relay-1');
  pass(20_000);
  alerts.heard('relay-1');
  pass(10_000);
  alerts.look();
  expect(firing()).toEqual([]);
  pass(1);
  alerts.look();
  expect(firing()).toEqual(['core-1']);
  const [alert] = [...book.all()];
  expect(alert).toMatchObject({
    labels: { alertname: 'TierSilent', instance: 'core-1', severity: 'critical' },
    annotations: { summary: 'core-1 for 30 s: null' },
    source: 'own',
    eventAt: START,
    value: '30',
  });
  alerts.heard('core-1');
  alerts.look();
  expect(firing()).toEqual([]);
  expect(alert!.state).toBe('resolved');
});

test('who was never heard has the whole time from the start, and then is silent with what came of trying', () => {
  const alerts = begin(['core-1']);
  alerts.failed('core-1', 'nothing listens there');
  pass(30_000);
  alerts.look();
  expect(firing()).toEqual([]);
  pass(1);
  alerts.look();
  expect([...book.all()][0]).toMatchObject({
    annotations: { summary: 'core-1 for 30 s: nothing listens there' },
    eventAt: null,
  });
});

test('a clock that is set an hour ahead or back makes nobody silent and nobody heard', () => {
  const alerts = begin(['core-1', 'relay-1']);
  alerts.heard('core-1');
  wall += 3_600_000;
  alerts.look();
  expect(firing()).toEqual([]);
  wall -= 7_200_000;
  steady += 30_001;
  alerts.look();
  expect(firing()).toEqual(['core-1', 'relay-1']);
});

test('what was silent before a restart is so until it was heard; nobody hears twice of it, or of an end that is none', () => {
  let alerts = begin(['core-1']);
  pass(30_001);
  alerts.look();
  const [before] = [...book.all()];
  database.close();
  open();
  const changes: string[] = [];
  book.onChange((_, change) => changes.push(change));
  alerts = begin(['core-1']);
  pass(1000);
  alerts.look();
  const [after] = [...book.all()];
  expect(after).toMatchObject({ state: 'firing', activeAt: before!.activeAt, annotations: before!.annotations });
  expect(changes).toEqual([]);
  alerts.heard('core-1');
  alerts.look();
  expect(changes).toEqual(['resolved']);
});

test('one that is not expected any more is missed no more', () => {
  let alerts = begin(['core-1', 'old-1']);
  pass(30_001);
  alerts.look();
  expect(firing()).toEqual(['core-1', 'old-1']);
  alerts = begin(['core-1']);
  alerts.look();
  expect(firing()).toEqual(['core-1']);
  alerts.heard('stranger');
  alerts.look();
  expect(firing()).toEqual(['core-1']);
});
