import type { LineLevel } from '../../../lib/log-lines/level.ts';
import type { LogLevel } from '../../../proto/desired.ts';
import type { LineBatch } from '../tail/contract.ts';
import type { FileIdentity } from '../tail/identity.ts';
import { type DoneIntervals, highestDone } from '../tail/positions.ts';

type Fields = Readonly<Record<string, string>>;

/** A record of a source that is no file. */
export interface SourceRecord {
  /** Its number in what it was read from: above those before it. */
  readonly place: number;
  /** ms since the epoch; NaN: the text says it, or nobody. */
  readonly time: number;
  /** Null: the text says it. */
  readonly level: LineLevel | null;
  readonly service: string;
  readonly fields: Fields;
}

const NEWLINE = 10;
/** UTF-16 units of the fields of a batch; what is gathered here is held at once, and masked and encoded after. */
const MOST_FIELD_UNITS = 384 * 1024;

/** Puts records of a source together to a batch, as the tail gives one of lines. Used again when the batch was answered. */
export class RecordBatch {
  readonly #lowest: LogLevel;
  readonly #most: number;
  readonly #mostRecords: number;
  #bytes: Uint8Array;
  #length = 0;
  #fieldUnits = 0;
  readonly #records: SourceRecord[] = [];
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #flags: Uint8Array;

  /** @param lowest level sent where no wish says otherwise */
  constructor(lowest: LogLevel, mostBytes = 64 * 1024, mostRecords = 1024) {
    this.#lowest = lowest;
    this.#most = mostBytes;
    this.#mostRecords = mostRecords;
    this.#bytes = new Uint8Array(Math.min(mostBytes, 8192));
    this.#starts = new Uint32Array(mostRecords);
    this.#ends = new Uint32Array(mostRecords);
    this.#flags = new Uint8Array(mostRecords);
  }

  get count(): number {
    return this.#records.length;
  }

  /** Give it away before a text of so many bytes is added. Fields count too: a source bounds those of one record. */
  full(bytes: number): boolean {
    if (this.count === 0) return false;
    if (this.count === this.#mostRecords || this.#fieldUnits >= MOST_FIELD_UNITS) return true;
    return this.#length + bytes + 1 > this.#most;
  }

  /** @param text is copied */
  add(record: SourceRecord, text: Uint8Array, flags = 0): void {
    const end = this.#length + text.length;
    if (end + 1 > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, end + 1));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    const i = this.count;
    this.#bytes.set(text, this.#length);
    this.#bytes[end] = NEWLINE;
    this.#starts[i] = this.#length;
    this.#ends[i] = end;
    this.#flags[i] = flags;
    this.#length = end + 1;
    const { fields } = record;
    for (const name of Object.keys(fields)) this.#fieldUnits += name.length + fields[name]!.length;
    this.#records.push(record);
  }

  clear(): void {
    this.#length = 0;
    this.#fieldUnits = 0;
    this.#records.length = 0;
  }

  /** @param done what of it is durable already, by class */
  batch(file: FileIdentity, from: number, to: number, done: DoneIntervals | null): LineBatch {
    const records = this.#records;
    return {
      file,
      from,
      to,
      anchor: '',
      bytes: this.#bytes.subarray(0, this.#length),
      count: records.length,
      starts: this.#starts,
      ends: this.#ends,
      flags: this.#flags,
      places: Uint32Array.from(records, ({ place }) => place - from),
      facts: {
        lowest: this.#lowest,
        time: (i) => records[i]!.time,
        level: (i) => records[i]!.level,
        service: (i) => records[i]!.service,
        fields: (i) => records[i]!.fields,
      },
      done: done !== null && from < highestDone(done) ? done : null,
    };
  }
}

/** What a source reads, as one followed file is named. */
export function sourceIdentity(id: string, path: string): FileIdentity {
  return { id, path, device: 0, inode: 0, fingerprint: '', fingerprintBytes: 0 };
}
