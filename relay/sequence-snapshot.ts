import { decodeMultiple, encode } from 'cbor-x';
import type { Amount } from '../lib/ledger.ts';
import { Ranges } from '../lib/ranges.ts';
import type { HostAccount } from './host-account.ts';
import type { Sequences } from './sequences.ts';

export type Pair = [number, number];
export type Pairs = Pair[];

/** Where a class's chain stood at one moment. */
export interface Mark {
  /** What the forwarder had acknowledged: all below the floor, and these intervals. */
  readonly floor: number;
  readonly done: Pairs;
  /** The chain's end: what is behind it is received and not in here. */
  readonly end: number;
}

/** What is known of some hosts at one moment. */
export interface Part extends Mark {
  /** By boot: touched, received, settled, declared, repeated, and elsewhere where there is another worker. */
  readonly hosts: [string, [string, number, Pairs, Pairs, Pairs, Pairs, Pairs?][]][];
  /** By host: in, out, repeated, dropped by reason, each [frames, items]. Absent in snapshots of an older program. */
  readonly accounts?: [string, Pair, Pair, Pair, [string, Pair][]][];
}

const VERSION = 2;
/** How the one part of an older program's snapshot is marked; its file is that part and nothing else. */
const OLDER = 1;

/** The parts that a snapshot's file has; null: it is of a later version. Throws what cbor-x throws where it cannot be read. */
export function readParts(bytes: Uint8Array): Part[] | null {
  const values = decodeMultiple(bytes) as unknown[];
  const first = values[0] as (Part & { v: number }) | { v: number; parts: number };
  if (first.v === OLDER && 'hosts' in first && Array.isArray(first.hosts)) return [first];
  if (first.v !== VERSION || !('parts' in first)) return null;
  // The file is written whole or not at all; one that is shorter was damaged.
  if (values.length !== first.parts + 1) throw new RangeError(`${values.length - 1} of ${first.parts} parts`);
  return values.slice(1) as Part[];
}

/** A snapshot's file. */
export function writeParts(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([encode({ v: VERSION, parts: parts.length }), ...parts]);
}

export function encodePart(sequences: Sequences, hosts: readonly string[], mark: Mark): Uint8Array {
  const part: Part & { hosts: Part['hosts']; accounts: NonNullable<Part['accounts']> } = {
    ...mark,
    hosts: [],
    accounts: [],
  };
  for (const host of hosts) {
    const boots: Part['hosts'][number][1] = [];
    for (const [boot, state] of sequences.boots(host)) {
      const { touched, received, settled, declared, repeated, elsewhere } = state;
      const here = [received.pairs(), settled.pairs(), declared.pairs(), repeated.pairs()] as const;
      boots.push(elsewhere ? [boot, touched, ...here, elsewhere.pairs()] : [boot, touched, ...here]);
    }
    part.hosts.push([host, boots]);
    part.accounts.push(accountOf(host, sequences.account(host)));
  }
  // A copy: the encoder's own buffer is the next part's.
  return Uint8Array.from(encode(part));
}

/** Puts back what a part says. */
export function takePart(part: Part, sequences: Sequences): void {
  for (const [host, came, out, repeated, dropped] of part.accounts ?? []) {
    const account = sequences.account(host);
    for (const [into, [frames, items]] of [
      [account.in, came],
      [account.out, out],
      [account.repeated, repeated],
    ] as const) {
      Object.assign(into, { frames, items });
    }
    for (const [reason, [frames, items]] of dropped) account.dropped[reason] = { frames, items };
  }
  for (const [host, boots] of part.hosts) {
    for (const [boot, touched, received, settled, declared, repeated, elsewhere] of boots) {
      const state = sequences.of(host, boot);
      state.touched = touched;
      state.received = new Ranges(received);
      state.claimed = new Ranges(settled);
      state.settled = new Ranges(settled);
      state.declared = new Ranges(declared);
      state.repeated = new Ranges(repeated);
      state.elsewhere = elsewhere ? new Ranges(elsewhere) : null;
    }
  }
}

/** Whether a record at the position was acknowledged at that moment. */
export function within(
  { floor, done }: { floor: number; done: readonly (readonly [number, number])[] },
  position: number,
): boolean {
  return position < floor || done.some(([from, to]) => position >= from && position < to);
}

function accountOf(host: string, account: HostAccount): NonNullable<Part['accounts']>[number] {
  const pair = ({ frames, items }: Amount): Pair => [frames, items];
  const dropped = Object.entries(account.dropped).map(([reason, amount]): [string, Pair] => [reason, pair(amount)]);
  return [host, pair(account.in), pair(account.out), pair(account.repeated), dropped];
}
