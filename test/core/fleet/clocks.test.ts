import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Fleet, type RelayLink } from '../../../core/fleet/fleet.ts';
import { Silences } from '../../../core/fleet/silences.ts';
import { PEER_VERSION, parseState } from '../../../core/peers/state.ts';
import { openMemory } from '../../../core/state.ts';
import { emptyLedger } from '../../../lib/ledger.ts';

const MINUTE = 60_000;
const link = (relay: string, key = relay): RelayLink => ({
  ...{ relay, key, workers: 2, site: 's', since: 0, software: '' },
  ...{ sendDesired: () => undefined, need: () => undefined },
});
const A = link('a');
const B = link('b');

/** A process of a core, with a clock of its own. */
class Process {
  readonly #folder = mkdtempSync(join(tmpdir(), 'heliograph-clocks-'));
  readonly #memory = openMemory(this.#folder);
  readonly #silences = new Silences(this.#memory);
  readonly fleet: Fleet;

  constructor(clock: () => number) {
    const others = { onTooMany: () => undefined, onBadStatus: () => undefined, decodeStatus: () => null as never };
    const silences = this.#silences;
    this.fleet = new Fleet({ memory: this.#memory, now: clock, desired: () => undefined, silences, ...others });
    for (const relay of [A, B]) this.fleet.relayCame(relay);
  }

  silent() {
    this.fleet.save();
    return this.#silences.find('h', [], 0, 1e12, 10);
  }

  close(): void {
    this.#memory.close();
    rmSync(this.#folder, { recursive: true });
  }
}

let now: number;
let processes: Process[];
let core: Process;

function open(aheadMs = 0): Process {
  const process = new Process(() => now + aheadMs);
  processes.push(process);
  return process;
}
/** @param aheadMs the relay's clock before the core's */
const say = (relay: RelayLink, aheadMs: number, connected: boolean, reason = '', connection = 1) => {
  const state = { connected, since: now + aheadMs, reason, status: new Uint8Array(0), clockSkewMs: 0, connection };
  core.fleet.report(relay, { whole: false, hosts: [{ host: 'h', ...state }] });
};

beforeEach(() => {
  now = 1_000_000;
  processes = [];
  core = open();
});
afterEach(() => {
  for (const process of processes) process.close();
});

for (const [words, ahead] of [
  ['fast', MINUTE],
  ['slow', -MINUTE],
] as const) {
  test(`a host that moved is taken at its word for ten seconds, also of a relay whose clock is ${words}`, () => {
    say(A, ahead, true);
    now += 1000;
    say(A, ahead, false, 'moved');
    now += 9000;
    expect(core.fleet.host('h')).toMatchObject({ state: 'connected' });
    // The same once more, as a stream that stands again says it, is no news.
    say(A, ahead - 9000, false, 'moved');
    now += 2000;
    expect(core.fleet.host('h')).toMatchObject({ state: 'gone', reason: 'moved' });
    expect(core.fleet.states()).toEqual({ connected: 0, gone: 1, unknown: 0 });
    expect(core.silent()).toHaveLength(1);
  });
}

test('of two relays the one that spoke last counts, whatever their clocks say', () => {
  say(A, MINUTE, true);
  now += 1000;
  say(A, MINUTE, false, 'moved');
  now += 100;
  say(B, 0, true);
  now += 1000;
  say(B, 0, false, 'keep-alive');
  expect(core.fleet.host('h')).toMatchObject({ state: 'gone', reason: 'keep-alive', since: now });
  expect(core.silent()).toMatchObject([{ from: now, to: null, reason: 'keep-alive' }]);
});

test('a late word of an older connection to another process of the relay is not the last', () => {
  const second = link('a', 'a/1');
  core.fleet.relayCame(second);
  say(A, 0, true, '', 100);
  now += 1000;
  say(second, 0, true, '', 200);
  now += 1000;
  say(second, 0, false, 'moved', 200);
  now += 10;
  say(A, 0, false, 'replaced', 100);
  expect(core.fleet.host('h')).toMatchObject({ state: 'connected' });
  expect(core.silent()).toEqual([]);
});

/** What a process tells the console, over the wire. */
function told(from: Process, also: (state: Record<string, unknown>) => void = () => undefined) {
  const { hosts: changed, ...made } = from.fleet.changedSince(0);
  const figures = { count: 0, p50: null, p99: null, max: null };
  const state = {
    version: PEER_VERSION,
    ...{ name: 'gateway-1', roles: [], run: 'r', relays: [], events: [], desired: 0, doors: [], reports: [] },
    hosts: { ...made, changed },
    gaps: { count: 0, list: null },
    account: emptyLedger('core', 'gateway-1', 0),
    freshness: { sentToQueryable: figures, sampleToQueryable: figures, sentToSearchable: figures },
  };
  const sent = JSON.parse(JSON.stringify(state));
  also(sent);
  return parseState(sent, 'gateway-1').hosts;
}

test('a console shows the same where its clock is another than that of who heard the relays, which may be of an older version', () => {
  const console = open(-2 * MINUTE);
  say(A, MINUTE, true);
  now += 1000;
  say(A, MINUTE, false, 'moved');
  now += 5000;
  for (let asked = 0; asked < 2; asked++) {
    const { changed, time } = told(core);
    console.fleet.mirror(changed, time);
  }
  expect(console.fleet.host('h')).toMatchObject({ state: 'connected' });
  now += 6000;
  expect(console.fleet.host('h')).toMatchObject({ state: 'gone', reason: 'moved' });

  const older = told(core, ({ hosts }) => {
    const { changed } = hosts as { changed: { relays: Record<string, { heard?: number }> }[] };
    delete (hosts as { time?: number }).time;
    for (const { relays } of changed) for (const view of Object.values(relays)) delete view.heard;
  });
  const another = open();
  another.fleet.mirror(older.changed, older.time);
  expect(another.fleet.host('h')).toMatchObject({ state: 'gone', reason: 'moved' });
});
