import type { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import { expect, test } from 'vitest';
import { emptyEntry, type Ledger } from '../../lib/ledger.ts';
import { Registry } from '../../lib/metrics.ts';
import { AccountReport } from '../../relay/account-report.ts';
import { Session } from '../../relay/session.ts';
import { Writing } from '../../relay/writing.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function session(name: string, writing: Writing): Session {
  const peer = { host: name, serial: '1', notAfter: Number.POSITIVE_INFINITY, mayName: () => false };
  return new Session(peer, {} as Client, { writableLength: 0 } as TLSSocket, 1, 0, writing);
}

/** A connection that sends frames of so many bytes, each as soon as it is read on. */
class Sender {
  readonly session: Session;
  readonly #bytes: number;
  sent = 0;

  constructor(name: string, bytes: number, writing: Writing) {
    this.session = session(name, writing);
    this.#bytes = bytes;
  }

  readonly next = (): void => {
    this.sent++;
    this.session.writing(this.#bytes);
    if (this.session.mayRead(this.next)) setImmediate(this.next);
  };
}

test('a disk that stands still does not fill the memory, however many connections there are', async () => {
  const limit = 64 * 1024;
  const writing = new Writing(limit, new Registry());
  const senders = Array.from({ length: 1000 }, (_, i) => new Sender(`h${i}`, 1000, writing));
  for (const sender of senders) sender.next();
  for (let i = 0; i < 20; i++) await settled();
  // One frame of each was there to be read; those below the limit sent a second one before it was reached.
  const sum = () => senders.reduce((all, { sent }) => all + sent, 0);
  const first = sum();
  expect(first * 1000).toBeLessThan(1000 * 1000 + 2 * limit);

  // The disk goes on: everybody comes to his turn.
  let written = 0;
  for (let round = 0; round < 2000 && !senders.every(({ sent }) => sent >= 3); round++) {
    for (const { session, sent } of senders) {
      if (written >= sum()) break;
      if (sent > 0) {
        session.written(1000);
        written++;
      }
    }
    await settled();
    expect((sum() - written) * 1000).toBeLessThan(1000 * 1000 + 2 * limit);
  }
  expect(senders.every(({ sent }) => sent >= 3)).toBe(true);
});

test('a connection that ends while it waits is not waited for, and holds nobody up', async () => {
  const writing = new Writing(1000, new Registry());
  const busy = session('h1', writing);
  busy.writing(1000);
  const read: string[] = [];
  const gone = session('h2', writing);
  expect(gone.mayRead(() => read.push('gone'))).toBe(false);
  const waits = session('h3', writing);
  expect(waits.mayRead(() => read.push('waits'))).toBe(false);
  await settled();
  expect(read).toEqual([]);
  gone.end();
  busy.written(1000);
  await settled();
  expect(read).toEqual(['waits']);
});

test('one account is on its way to the core at a time', () => {
  const ledger: Ledger = { version: 1, tier: 'relay', name: 'r', time: 0, entries: [emptyEntry('log')] };
  const handed: (() => void)[] = [];
  let open = true;
  const report = new AccountReport(
    () => ledger,
    (_, done) => {
      if (open) handed.push(done);
      return open;
    },
  );
  expect(report.send()).toBe(true);
  expect(report.send()).toBe(false);
  handed.pop()!();
  expect(report.send()).toBe(true);
  // The stream breaks, and nobody says that the message was handed over.
  open = false;
  report.opened();
  expect(report.send()).toBe(false);
  open = true;
  expect(report.send()).toBe(true);
});
