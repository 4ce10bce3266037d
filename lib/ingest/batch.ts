import { tooMany } from './parts.ts';
import { SampleColumns } from './sample-columns.ts';

export type Label = readonly [name: string, value: string];

/** Why an item of a request was not taken. `index` counts the items of its kind in the request, from 0. */
export interface Rejection {
  readonly kind: 'metric' | 'log';
  readonly index: number;
  readonly code: ItemCode;
  readonly message: string;
  /** Samples or lines that are not taken because of it. */
  readonly items: number;
}

/** The codes of the error table that stand for one item and not for a whole request. */
export type ItemCode =
  | 'HG_ITEM_NAME'
  | 'HG_ITEM_LABELS'
  | 'HG_ITEM_TIME'
  | 'HG_ITEM_VALUE'
  | 'HG_ITEM_TEXT'
  | 'HG_ITEM_KIND'
  | 'HG_ITEM_DUPLICATE'
  | 'HG_ITEM_SERIES_CAP'
  | 'HG_ITEM_BLOCKED'
  | 'HG_ITEM_LINE'
  | 'HG_ITEM_PRESSURE';

/** What a series is called. A reader that remembers gives the same object for the same series again. */
export interface SeriesName {
  readonly name: string;
  /** As they came: in any order, and not yet checked. Without the name. */
  readonly labels: readonly Label[];
}

/** A series of a request and where its samples stand in the batch's columns: [from, to). */
export interface SeriesItem {
  readonly index: number;
  readonly series: SeriesName;
  readonly from: number;
  readonly to: number;
}

/** A log line of a request. */
export interface LineItem {
  readonly index: number;
  /** ms since the epoch; NaN: the line says it itself, or the time of reading stands in for it. */
  readonly time: number;
  /** As the client wrote it; '': the line says it itself. */
  readonly level: string;
  readonly service: string;
  /** '': the client's own name stands in for it. */
  readonly host: string;
  /** A text, or the bytes as they came: UTF-8, or what a device took for it. */
  readonly message: string | Uint8Array;
  readonly fields: Readonly<Record<string, string>>;
}

/** Series and samples of one request. */
const MOST_SERIES = 250_000;
const MOST_SAMPLES = 1_000_000;
/** Labels of all series of a request that are not known, those that stand once in it for many series counted for each. */
const MOST_LABELS = 8_000_000;
/** The same of fields of lines that stand once for many, and of their characters. */
const MOST_FIELDS = 2_000_000;
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** What a door took out of one request, whatever its protocol. Never more than a request may have, whatever a small body unpacks to. */
export class Batch {
  readonly samples = new SampleColumns();
  readonly series: SeriesItem[] = [];
  readonly lines: LineItem[] = [];
  readonly rejected: Rejection[] = [];
  /** What must be taken back if the batch is not stored after all. */
  readonly undo: (() => void)[] = [];
  /** Parts that are read and not kept by design (exemplars, metadata), by name. */
  readonly left: Record<string, number> = {};
  /** Nobody sends its lines again: where there is no room for some of them, these are refused one by one and the others taken. */
  readonly single: boolean;
  #labels = 0;
  #fields = 0;
  #characters = 0;

  constructor(single = false) {
    this.single = single;
  }

  /** A series with the samples that were pushed to `samples` since `from`. @throws HeliographError HG_DOOR_BODY */
  add(index: number, name: string, labels: readonly Label[], from: number): void {
    this.#labels += labels.length;
    if (this.#labels > MOST_LABELS) throw tooMany(MOST_LABELS, 'labels');
    this.addKnown(index, { name, labels }, from);
  }

  /** @throws HeliographError HG_DOOR_BODY */
  addKnown(index: number, series: SeriesName, from: number): void {
    if (this.series.length >= MOST_SERIES) throw tooMany(MOST_SERIES, 'series');
    if (this.samples.length > MOST_SAMPLES) throw tooMany(MOST_SAMPLES, 'samples');
    this.series.push({ index, series, from, to: this.samples.length });
  }

  /** One series of one sample. */
  addValue(index: number, name: string, labels: readonly Label[], time: number, value: number): void {
    const from = this.samples.length;
    this.samples.push(time, value);
    this.add(index, name, labels, from);
  }

  /** Fields that stand once in the request go to one more line. @throws HeliographError HG_DOOR_BODY */
  repeatFields(fields: number, characters: number): void {
    this.#fields += fields;
    this.#characters += characters;
    if (this.#fields > MOST_FIELDS) throw tooMany(MOST_FIELDS, 'fields');
    if (this.#characters > MOST_CHARACTERS) throw tooMany(MOST_CHARACTERS, 'characters of fields');
  }

  reject(kind: Rejection['kind'], index: number, code: ItemCode, message: string, items = 1): void {
    this.rejected.push({ kind, index, code, message, items });
  }

  leave(what: string, count: number): void {
    if (count > 0) this.left[what] = (this.left[what] ?? 0) + count;
  }
}
