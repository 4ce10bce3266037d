import { expect, it } from 'vitest';
import type { Host, Uplink, UplinkEvents } from '../../../collector/core/host.ts';
import { BackOff } from '../../../collector/core/uplink/back-off.ts';
import { Link } from '../../../collector/core/uplink/link.ts';

/** A link whose relays do as they are told, on a clock of its own; the jitter is half a second. */
class Bench {
  time = 0;
  /** Ports that were tried, with when. */
  readonly tried: [number, number][] = [];
  readonly reasons: string[] = [];
  readonly link: Link;
  events!: UplinkEvents;
  #due: { run: () => void; at: number; id: number }[] = [];

  constructor(ports: readonly number[]) {
    let ids = 0;
    const host = {
      mono: () => this.time,
      random: (into: Uint8Array) => into.fill(128),
      log: (_level: string, message: string, facts: { reason?: string }) => {
        if (message.startsWith('no connection')) this.reasons.push(facts.reason ?? '');
      },
      timer: (run: () => void, ms: number) => {
        this.#due.push({ run, at: this.time + ms, id: ++ids });
        return ids;
      },
      cancel: (id: number) => {
        this.#due = this.#due.filter((timer) => timer.id !== id);
      },
    } as unknown as Host;
    this.link = new Link({
      host,
      createUplink: (): Uplink => {
        let mine: UplinkEvents;
        return {
          connect: (options, events) => {
            this.tried.push([options.relay.port, Math.round(this.time)]);
            mine = events;
            this.events = events;
          },
          publish: () => undefined,
          close: (done) => done(),
          leave: (reason) => mine.onClose(reason),
        };
      },
      relays: ports.map((port) => ({ host: 'relay', port })),
      clientId: 'h1',
      keepAliveSeconds: 60,
      subscribe: [],
      backOff: new BackOff({ baseMs: 1000, capMs: 1000, random: (into) => host.random(into) }),
      provenAfterMs: 1e9,
      lastWill: () => ({ topic: 't', payload: new Uint8Array() }),
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: () => undefined,
    });
    this.link.start();
  }

  /** Until the next attempt. */
  pass(): void {
    const timer = this.#due.filter(({ at }) => at < 1e9).sort((a, b) => a.at - b.at)[0]!;
    this.#due = this.#due.filter(({ id }) => id !== timer.id);
    this.time = timer.at;
    timer.run();
  }

  sentAway(ms: number): void {
    this.events.onOpen();
    this.link.comeBackAfter(ms);
    this.pass();
  }
}

it('goes to the next relay at once when one asks to come back later, and leaves that one alone until then', () => {
  const bench = new Bench([1, 2, 3]);
  bench.sentAway(30_000);
  bench.events.onClose('refused');
  bench.pass();
  bench.events.onClose('refused');
  bench.pass();
  bench.events.onClose('refused');
  bench.pass();
  expect(bench.reasons[0]).toBe('the relay asks to come back after 30000 ms');
  // Only the jitter between them; relay 1 has no turn.
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2, 3, 2, 3]);
  expect(bench.time).toBeLessThan(3000);
  bench.time = 40_000;
  bench.events.onClose('refused');
  bench.pass();
  expect(bench.tried.at(-1)![0]).toBe(1);
});

it('waits for the one whose time comes first when all have asked', () => {
  const bench = new Bench([1, 2]);
  bench.sentAway(50_000);
  bench.sentAway(20_000);
  expect(bench.tried.map(([port]) => port)).toEqual([1, 2, 2]);
  expect(bench.time).toBeGreaterThanOrEqual(20_000);
  expect(bench.time).toBeLessThan(22_000);
});

it('waits as told where there is one relay, ten minutes at most', () => {
  const bench = new Bench([1]);
  bench.sentAway(20_000);
  expect(bench.tried[1]![1]).toBeGreaterThanOrEqual(20_000);
  expect(bench.tried[1]![1]).toBeLessThanOrEqual(21_000);
  const before = bench.time;
  bench.sentAway(1e12);
  expect(bench.time - before).toBeLessThanOrEqual(601_000);
  // The hint was for one time.
  bench.events.onClose('refused');
  const after = bench.time;
  bench.pass();
  expect(bench.time - after).toBeLessThanOrEqual(1000);
});
