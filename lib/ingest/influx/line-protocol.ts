import { isUtf8 } from 'node:buffer';
import { Batch, type ItemCode } from '../batch.ts';
import { tooMany } from '../parts.ts';
import { unescapedIndex } from './escapes.ts';
import { fieldNumber } from './field-value.ts';
import { KnownSeries } from './known-series.ts';
import { type Precision, timestampMs } from './timestamp.ts';

export interface LineProtocolOptions {
  readonly precision: Precision;
  /** Stands in the label `db`; '': no such label. */
  readonly database: string;
  /** ms since the epoch, for lines without a timestamp. */
  readonly now: number;
}

/** Values of one request: a line can have one in four bytes, and each of them takes memory. */
const MOST_VALUES = 200_000;
/** Lines of one request, good or not: a small body unpacks to many millions of two bytes. */
const MOST_LINES = 250_000;
/** Fields of one request, texts among them, and tags that were not known: each takes memory or time, too. */
const MOST_FIELDS = 1_000_000;
const MOST_TAGS = 1_000_000;
/** Characters of a measurement with its tags. */
const LONGEST_HEAD = 64 * 1024;
/** What is refused is told one by one so often, and added up beyond. */
const TOLD = 1000;

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const COMMA = 44;
const BACKSLASH = 92;
const HEAD_END = new Set([SPACE]);
const KEY_END = new Set([SPACE, COMMA, 61]);
const VALUE_END = new Set([SPACE, COMMA]);

/**
 * InfluxDB's line protocol, as its reference describes it: `measurement,tag=value field=1.5,other=3i 1465839830100400200`. A field is the series
 * `measurement_field` with the tags as labels. A line that is not good is refused whole and those beside it are taken; of a good line the fields that are
 * texts are refused. Rejections count lines from 0.
 */
export class LineProtocol {
  readonly #known = new KnownSeries();

  /** @throws HeliographError HG_DOOR_BODY: too many lines, values, texts or tags in one request */
  read(bytes: Uint8Array, options: LineProtocolOptions): Batch {
    const reading = new Reading(this.#known, options);
    for (const [text, line] of textsOf(bytes)) {
      if (line >= MOST_LINES) throw tooMany(MOST_LINES, 'lines');
      if (text === null) reading.refuse(line, 'HG_ITEM_VALUE', 'the line is not UTF-8');
      else reading.read(text, line);
    }
    return reading.end();
  }
}

class Reading {
  readonly #known: KnownSeries;
  readonly #options: LineProtocolOptions;
  readonly #batch = new Batch();
  readonly #more = new Map<ItemCode, number>();
  #text = '';
  #at = 0;
  #line = 0;
  #fields = 0;
  /** Of what is known: so many tags may have been read when this ends. */
  readonly #mostTags: number;
  /** What is wrong with the line: no exception, as a body may have millions of them. */
  #wrong = '';

  constructor(known: KnownSeries, options: LineProtocolOptions) {
    this.#known = known;
    this.#options = options;
    this.#mostTags = known.tagsRead + MOST_TAGS;
  }

  /** @throws HeliographError HG_DOOR_BODY */
  read(text: string, line: number): void {
    const { series, samples, rejected } = this.#batch;
    this.#text = text;
    this.#line = line;
    for (this.#at = 0; this.#at < text.length; this.#toNextLine()) {
      if (this.#line >= MOST_LINES) throw tooMany(MOST_LINES, 'lines');
      this.#skipSpaces();
      if (this.#atEnd() || text.charCodeAt(this.#at) === HASH) continue;
      const [first, values, names, told] = [this.#line, samples.length, series.length, rejected.length];
      if (this.#one()) continue;
      samples.truncate(values);
      series.length = names;
      rejected.length = told;
      this.refuse(first, 'HG_ITEM_VALUE', this.#wrong);
    }
  }

  refuse(line: number, code: ItemCode, message: string): void {
    if (this.#batch.rejected.length < TOLD) this.#batch.reject('metric', line, code, message);
    else this.#more.set(code, (this.#more.get(code) ?? 0) + 1);
  }

  end(): Batch {
    for (const [code, items] of this.#more) this.#batch.reject('metric', -1, code, `${items} more`, items);
    return this.#batch;
  }

  /** One line, at whose end it stands then. False: it is not good. */
  #one(): boolean {
    const text = this.#text;
    const from = this.#at;
    const line = this.#line;
    const end = unescapedIndex(text, from, text.length, HEAD_END);
    this.#at = end;
    this.#skipSpaces();
    if (this.#atEnd()) return this.#fail('missing fields');
    if (end - from > LONGEST_HEAD) return this.#fail(`measurement and tags of more than ${LONGEST_HEAD} characters`);
    const head = this.#known.head(text.slice(from, end), this.#options.database);
    if (this.#known.tagsRead > this.#mostTags) throw tooMany(MOST_TAGS, 'new tags');
    if (typeof head === 'string') return this.#fail(head);
    const { samples } = this.#batch;
    const values = samples.length;
    for (;;) {
      const key = this.#key();
      if (key === null) return false;
      if (++this.#fields > MOST_FIELDS) throw tooMany(MOST_FIELDS, 'fields');
      if (text.charCodeAt(this.#at) === QUOTE) {
        if (!this.#passText()) return false;
        this.refuse(line, 'HG_ITEM_TEXT', `the field ${shown(key)} is a text`);
      } else {
        const value = this.#value();
        if (Number.isNaN(value)) return false;
        const series = this.#known.series(head, key);
        if (series === null) return this.#fail(`a name that is too long: ${shown(key)}`);
        if (samples.length >= MOST_VALUES) throw tooMany(MOST_VALUES, 'values');
        // The time comes behind the values.
        samples.push(0, value);
        this.#batch.addKnown(line, series, samples.length - 1);
      }
      if (text.charCodeAt(this.#at) !== COMMA) break;
      this.#at++;
    }
    const time = this.#time();
    if (Number.isNaN(time)) return false;
    samples.times.fill(time, values, samples.length);
    return true;
  }

  #fail(why: string): false {
    this.#wrong = why;
    return false;
  }

  #key(): string | null {
    const text = this.#text;
    const end = unescapedIndex(text, this.#at, text.length, KEY_END);
    const key = text.slice(this.#at, end);
    this.#at = end + 1;
    if (text[end] === '=' && key !== '') return key;
    this.#at = end;
    this.#wrong = text[end] === '=' ? 'missing field key' : `missing field value: ${shown(key)}`;
    return null;
  }

  #value(): number {
    const word = this.#word(VALUE_END);
    const value = fieldNumber(word);
    if (Number.isNaN(value)) this.#wrong = `no value: ${shown(word)}`;
    return value;
  }

  /** Goes behind a text in quotes, in which lines may end. */
  #passText(): boolean {
    const text = this.#text;
    let lines = 0;
    for (let at = this.#at + 1; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === NEWLINE) lines++;
      // A line's end cannot be escaped.
      else if (unit === BACKSLASH && text.charCodeAt(at + 1) !== NEWLINE) at++;
      else if (unit === QUOTE) {
        this.#at = at + 1;
        this.#line += lines;
        const next = text.charCodeAt(this.#at);
        if (this.#atEnd() || next === SPACE || next === COMMA) return true;
        return this.#fail('something stands behind the quotes of a text');
      }
    }
    return this.#fail('unbalanced quotes');
  }

  /** ms since the epoch; NaN: it is not good. */
  #time(): number {
    this.#skipSpaces();
    if (this.#atEnd()) return this.#options.now;
    const word = this.#word(HEAD_END);
    const time = timestampMs(word, this.#options.precision);
    if (Number.isNaN(time)) this.#wrong = `bad timestamp: ${shown(word)}`;
    this.#skipSpaces();
    if (this.#atEnd()) return time;
    this.#wrong = 'something stands behind the timestamp';
    return Number.NaN;
  }

  /** What stands before one of the characters, or the line's end. */
  #word(stops: ReadonlySet<number>): string {
    const text = this.#text;
    const end = unescapedIndex(text, this.#at, text.length, stops);
    const word = text.slice(this.#at, text[end - 1] === '\r' ? end - 1 : end);
    this.#at = end;
    return word;
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
  }

  #atEnd(): boolean {
    const text = this.#text;
    const at = text[this.#at] === '\r' ? this.#at + 1 : this.#at;
    return at >= text.length || text.charCodeAt(at) === NEWLINE;
  }

  #toNextLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    this.#line++;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

const utf8 = new TextDecoder('utf-8');

/** The text, or where it is not UTF-8 its lines one by one, null for one that is not; with the number of its first line. */
function* textsOf(bytes: Uint8Array): Generator<readonly [string | null, number]> {
  const whole = decoded(bytes);
  if (whole !== null) {
    yield [whole, 0];
    return;
  }
  for (let from = 0, line = 0; from < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline < 0 ? bytes.length : newline;
    yield [decoded(bytes.subarray(from, end)), line];
    from = end + 1;
  }
}

/** Asked, and not tried: an exception for each of a million lines takes seconds. */
function decoded(bytes: Uint8Array): string | null {
  return isUtf8(bytes) ? utf8.decode(bytes) : null;
}
