import { decodeMultiple, encode } from 'cbor-x';
import { type Group, newGroup } from './group.ts';
import type { PartialReason, RuleState } from './rule-state.ts';
import { identityOf } from './rules.ts';
import type { Run } from './runs.ts';
import { seriesText } from './series-labels.ts';
import type { FramesData, TakenFrames } from './taken-frames.ts';

const VERSION = 1;

/** What stands before the rules: how far the journal had been read when it was written. */
interface Head {
  readonly v: number;
  readonly position: number;
  readonly frames: FramesData;
  readonly rules: number;
}

interface RuleData {
  readonly identity: string;
  readonly closed: number;
  readonly partial: [PartialReason, number][];
  readonly groups: {
    metric: string;
    labels: [string, string][];
    carried: number[];
    windows: [number, unknown[], boolean?][];
  }[];
  /** Series, each text once. */
  readonly texts: string[];
  readonly hosts: [string, number][];
  /** By series in the order of `hosts`: its text, its group, and the columns in the order of SERIES_COLUMNS, as far as the rule has them. */
  readonly text: Uint8Array;
  readonly group: Uint8Array;
  readonly columns: Uint8Array[];
  /** Of few: by the series' place in that order. */
  readonly older: [number, Run[]][];
  readonly countedBefore: [number, number[]][];
  readonly apart: number[];
}

/**
 * The state of all rules at one position of the journal, in parts, so that others have their turn between them and no two are in memory: nothing may
 * change until the last is taken.
 */
export async function* snapshotParts(
  position: number,
  frames: TakenFrames,
  rules: readonly RuleState[],
  breathe: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const head: Head = { v: VERSION, position, frames: frames.toData(), rules: rules.length };
  // Copies: what encodes lends its own memory.
  yield Uint8Array.from(encode(head));
  for (const rule of rules) {
    await breathe();
    yield Uint8Array.from(encode(dataOf(rule)));
  }
}

/**
 * Puts back what a snapshot says, of the rules that are still the same.
 * @returns the position of the journal from which it must be read again; null: it is of a later version
 * @throws what cbor-x throws, and RangeError, where it cannot be read
 */
export function readSnapshot(bytes: Uint8Array, frames: TakenFrames, rules: readonly RuleState[]): number | null {
  const [head, ...data] = decodeMultiple(bytes) as unknown as [Head, ...RuleData[]];
  if (head.v !== VERSION) return null;
  if (data.length !== head.rules) throw new RangeError(`${data.length} of ${head.rules} rules`);
  frames.fromData(head.frames);
  for (const rule of rules) {
    const its = data.find(({ identity }) => identity === identityOf(rule.rule));
    if (its) putBack(rule, its);
  }
  return head.position;
}

function dataOf(state: RuleState): RuleData {
  const { table } = state;
  const places = new Map<Group, number>();
  const groups = [...state.groups.values()].map((group, i) => {
    places.set(group, i);
    const { metric, labels, carried, windows } = group;
    return {
      metric,
      labels: labels.map(([name, value]): [string, string] => [name, value]),
      carried,
      windows: windows.map(({ end, states, touched }): [number, unknown[], boolean?] =>
        touched ? [end, states, touched] : [end, states],
      ),
    };
  });
  const textPlaces = new Map<string, number>();
  const hosts: [string, number][] = [];
  const rows: number[] = [];
  const texts: number[] = [];
  for (const [host, series] of state.hosts) {
    hosts.push([host, series.size]);
    for (const [text, row] of series) {
      let place = textPlaces.get(text);
      if (place === undefined) {
        place = textPlaces.size;
        textPlaces.set(text, place);
      }
      texts.push(place);
      rows.push(row);
    }
  }
  const older: [number, Run[]][] = [];
  const countedBefore: [number, number[]][] = [];
  const apart: number[] = [];
  for (const [i, row] of rows.entries()) {
    const runs = table.older.get(row);
    if (runs) older.push([i, runs]);
    const counted = table.countedBefore.get(row);
    if (counted) countedBefore.push([i, counted]);
    if (table.apart.has(row)) apart.push(i);
  }
  return {
    identity: identityOf(state.rule),
    closed: state.closed,
    partial: [...state.partial],
    groups,
    texts: [...textPlaces.keys()],
    hosts,
    text: bytesOf(Uint32Array.from(texts)),
    group: bytesOf(Uint32Array.from(rows, (row) => places.get(table.owners[row]!)!)),
    columns: table.columns.map((column) => bytesOf(Float64Array.from(rows, (row) => table[column][row]!))),
    older,
    countedBefore,
    apart,
  };
}

function putBack(state: RuleState, data: RuleData): void {
  const { table } = state;
  state.closed = data.closed;
  state.partial.clear();
  for (const [reason, until] of data.partial) state.mark(reason, until);
  const groups = data.groups.map(({ metric, labels, carried, windows }) => {
    const group = newGroup(metric, labels, state.outputs.length);
    group.carried.splice(0, carried.length, ...carried);
    group.windows = windows.map(([end, states, touched]) => ({ end, states, touched }));
    state.addGroup(seriesText({ name: metric, labels }), group);
    return group;
  });
  const text = new Uint32Array(copyOf(data.text));
  const group = new Uint32Array(copyOf(data.group));
  const columns = data.columns.map((bytes) => new Float64Array(copyOf(bytes)));
  const rows: number[] = [];
  for (const [host, count] of data.hosts) {
    for (let i = 0; i < count; i++) {
      const at = rows.length;
      const row = state.addSeries(host, data.texts[text[at]!]!, groups[group[at]!]!);
      for (const [c, column] of table.columns.entries()) table[column][row] = columns[c]![at]!;
      rows.push(row);
    }
  }
  for (const [at, runs] of data.older) table.older.set(rows[at]!, runs);
  for (const [at, ends] of data.countedBefore) table.countedBefore.set(rows[at]!, ends);
  for (const at of data.apart) table.apart.add(rows[at]!);
}

function bytesOf(array: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
