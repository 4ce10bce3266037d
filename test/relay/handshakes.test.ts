import { EventEmitter } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Admission } from '../../relay/admission.ts';
import { readHello } from '../../relay/client-hello.ts';
import { HandshakeRate } from '../../relay/handshake-rate.ts';
import { UnderWay } from '../../relay/under-way.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const LIMITS = { start: 400, least: 25, most: 2000, delayMs: 100 };

/** A loop on which each handshake costs `costMs` of CPU: time passes only by work and by timers. */
class Machine {
  time = 0;
  admitted = 0;
  worstTurn = 0;
  refused = 0;
  readonly admission: Admission;
  readonly underWay = new UnderWay();

  constructor(costMs: number, limits = LIMITS) {
    const clock = { now: () => this.time, mono: () => this.time };
    const rate = new HandshakeRate(limits, 0);
    this.admission = new Admission({
      rate,
      underWay: this.underWay,
      burst: 50,
      clock,
      admit: () => {
        this.admitted++;
        this.time += costMs;
      },
      refuse: () => {
        this.refused++;
      },
    });
  }

  come(count: number): void {
    for (let i = 0; i < count; i++) {
      this.admission.arrive(Object.assign(new EventEmitter(), { destroyed: false }) as unknown as Socket);
    }
  }

  /** Lets the loop run until `untilMs`, in turns of its timers; what else the process does costs `otherMs` a turn. */
  run(untilMs: number, otherMs = 0): void {
    while (this.time < untilMs) {
      this.time += 10 + otherMs;
      const before = this.time;
      vi.advanceTimersToNextTimer();
      this.worstTurn = Math.max(this.worstTurn, this.time - before);
      if (vi.getTimerCount() === 0) return;
    }
  }
}

test('a machine with CPU to spare admits more and more, up to the most', () => {
  const machine = new Machine(0.01);
  machine.come(4000);
  machine.run(5000);
  expect(machine.admitted).toBe(4000);
  expect(machine.admission.rate).toBeGreaterThan(700);
  expect(machine.admission.rate).toBeLessThanOrEqual(LIMITS.most);
});

test('a loop that is late admits fewer, down to the least and not below', () => {
  const machine = new Machine(2);
  machine.come(4000);
  machine.run(10_000, 150);
  expect(machine.admission.rate).toBe(LIMITS.least);
  expect(machine.admitted).toBeLessThan(1000);
  expect(machine.admitted).toBeGreaterThan(50);
  // Making up for the late turn before would let 60 of them in at once.
  expect(machine.worstTurn).toBeLessThanOrEqual(51 * 2);
});

test('more than can be served before they give up are refused at once', () => {
  const machine = new Machine(1);
  machine.come(10_000);
  expect(machine.admission.waiting).toBe(4000);
  expect(machine.refused + machine.admitted + machine.admission.waiting).toBe(10_000);
});

test('a machine that manages fewer than its rate lets only those wait who will have their turn in time', () => {
  const slow = { ...LIMITS, start: 400, least: 400, most: 400 };
  const machine = new Machine(1, slow);
  machine.come(4000);
  // What else the process does takes so long that 50 a turn, the most that is made up for, are far from 400 a second.
  machine.run(3000, 400);
  const managed = (machine.admitted / machine.time) * 1000;
  expect(managed).toBeLessThan(100);
  // As many as it manages in ten seconds, or a few: those behind were told when that was known.
  expect(machine.admission.waiting).toBeLessThanOrEqual(500);
  machine.come(4000);
  expect(machine.admission.waiting).toBe(500);
  machine.run(60_000, 400);
  // Nobody had a turn who had waited for longer than clients do: those cost nothing but their end.
  expect(machine.admitted + machine.refused + machine.admission.waiting).toBe(8000);
  expect(machine.admitted).toBeLessThan((14_500 / 1000) * managed + 100);
});

test('handshakes do not pile up in a loop that is late, and who stalls holds a place for five seconds', () => {
  const machine = new Machine(0);
  const stalls = 1000;
  for (let one = 0; one < stalls; one++) machine.underWay.begin(`stalls ${one}`, 0);
  machine.come(200);
  // Before its first turn nobody knows that the loop is late: a burst is through.
  const burst = machine.admitted;
  expect(burst).toBe(50);
  machine.run(4500, 100);
  expect(machine.admitted).toBe(burst);
  for (let one = 0; one < stalls - 90; one++) machine.underWay.end(`stalls ${one}`);
  // A hundred are under way at most.
  machine.run(machine.time + 1, 100);
  expect(machine.admitted).toBe(burst + 10);
  machine.run(12_000, 100);
  expect(machine.admitted).toBe(200);
});

test('who stalls in the middle keeps nobody out while the loop is punctual', () => {
  const machine = new Machine(0);
  for (let one = 0; one < 1000; one++) machine.underWay.begin(`stalls ${one}`, 0);
  machine.come(200);
  machine.run(1000);
  expect(machine.admitted).toBe(200);
});

test('who has gone meanwhile costs no turn', () => {
  const machine = new Machine(0);
  machine.come(50);
  const gone = Object.assign(new EventEmitter(), { destroyed: true }) as unknown as Socket;
  for (let i = 0; i < 400; i++) machine.admission.arrive(gone);
  machine.come(1);
  machine.run(20);
  expect(machine.admitted).toBe(51);
});

/** The bytes that the TLS library itself sends first, with a ticket or without. */
async function helloBytes(session?: Buffer): Promise<Buffer> {
  vi.useRealTimers();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const came = new Promise<Buffer>((resolve) => {
    server.once('connection', (socket) => socket.once('data', resolve).on('error', () => undefined));
  });
  const { port } = server.address() as AddressInfo;
  const client = tlsConnect({ host: '127.0.0.1', port, minVersion: 'TLSv1.3', ...(session ? { session } : {}) });
  client.on('error', () => undefined);
  const bytes = await came;
  client.destroy();
  server.close();
  return bytes;
}

test('a ClientHello without a ticket names none, and every beginning of it says that there is more', async () => {
  const hello = await helloBytes();
  expect(readHello(hello)).toEqual({ whole: true, ticketKey: null });
  for (let length = 0; length < hello.length; length++) {
    expect(readHello(hello.subarray(0, length))).toEqual({ whole: false });
  }
});

test('what is no ClientHello, or lies about its lengths, is left to the TLS library', () => {
  expect(readHello(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toEqual({ whole: true, ticketKey: null });
  const record = (body: Buffer) => Buffer.concat([Buffer.from([22, 3, 1, body.length >> 8, body.length & 255]), body]);
  expect(readHello(record(Buffer.alloc(0)))).toEqual({ whole: true, ticketKey: null });
  expect(readHello(record(Buffer.alloc(20, 1)))).toEqual({ whole: true, ticketKey: null });
  // A session id, cipher suites, extensions that go beyond the end.
  for (const fill of [0, 1, 41, 255]) {
    for (let length = 1; length < 200; length += 7) {
      const body = Buffer.alloc(length, fill);
      body[0] = 1;
      expect(readHello(record(body)).whole).toBe(true);
    }
  }
});

test('lengths of a real ClientHello that are wrong never lead out of it', async () => {
  const hello = await helloBytes();
  for (let at = 5; at < hello.length; at++) {
    for (const wrong of [0, 1, 0x7f, 0xff]) {
      const bytes = Buffer.from(hello);
      bytes[at] = wrong;
      const read = readHello(bytes);
      expect(read.whole).toBe(true);
    }
  }
});
