import type { Batch, Label, SeriesName } from '../batch.ts';
import { copiedText } from '../copied-text.ts';
import { NameRoom } from '../name-room.ts';
import { prometheusLabel, prometheusName } from '../prometheus-name.ts';
import { type DeviceTime, deviceTime } from './device-time.ts';
import { fieldAt, type JsonObject, leavesOf } from './json-fields.ts';
import { type Template, templateOf } from './template.ts';
import { TopicFilter } from './topic-filter.ts';

/** How messages of some topics become samples and lines. Templates: see `templateOf`. */
export interface MessageRuleConfig {
  readonly filter: string;
  /** By their names, templates. */
  readonly labels: Readonly<Record<string, string>>;
  /** A template, before the names of all metrics. */
  readonly prefix: string;
  /** Paths of the fields that are taken, with what is in them; undefined: every number. */
  readonly values?: readonly string[] | undefined;
  /** Undefined: the time of arrival. */
  readonly time?: DeviceTime | undefined;
  /** What becomes a log line; undefined: nothing. */
  readonly line?:
    | {
        readonly message: string;
        readonly level?: string | undefined;
        /** A template. */
        readonly service: string;
        /** A template. */
        readonly host: string;
      }
    | undefined;
}

/** Numbers of one message. */
const MOST_VALUES = 2000;
/** Series whose names are remembered by a rule, and the characters of all of them. */
const KNOWN = 100_000;
const KNOWN_CHARACTERS = 32 * 1024 * 1024;
/** No name is so long by far; a message could have thousands of paths that begin with the same long one. */
const LONGEST = 2048;

/** A rule, made ready. */
export class MessageRule {
  readonly #filter: TopicFilter;
  readonly #labels: readonly (readonly [name: string, template: Template])[];
  readonly #prefix: Template;
  readonly #values: readonly string[];
  readonly #time: DeviceTime | null;
  readonly #line: { readonly message: string; readonly level: string | null } | null;
  readonly #service: Template;
  readonly #host: Template;
  /** Fields that stand elsewhere and are no samples. */
  readonly #used: ReadonlySet<string>;
  readonly #known = new Map<string, Map<string, SeriesName>>();
  readonly #room = new NameRoom(KNOWN, KNOWN_CHARACTERS);

  constructor({ filter, labels, prefix, values, time, line }: MessageRuleConfig) {
    this.#filter = new TopicFilter(filter);
    this.#labels = Object.entries(labels).map(([name, text]) => [prometheusLabel(name), templateOf(text)] as const);
    this.#prefix = templateOf(prefix);
    this.#values = values ?? [''];
    this.#time = time ?? null;
    this.#line = line === undefined ? null : { message: line.message, level: line.level ?? null };
    this.#service = templateOf(line?.service ?? '');
    this.#host = templateOf(line?.host ?? '');
    const templates = [...this.#labels.map(([, template]) => template), this.#prefix, this.#service, this.#host];
    const paths = [...templates.map(({ path }) => path), time?.field, line?.message, line?.level];
    this.#used = new Set(paths.filter((path) => path !== null && path !== undefined));
  }

  /** What the wildcards stand for; null: the topic is not for this rule. */
  match(topic: string): readonly string[] | null {
    return this.#filter.match(topic);
  }

  /**
   * Adds a message to a batch: an object, or a list of objects that are read one by one, or a single number. What does not fit is refused there.
   * @param index of the message @param arrived ms since the epoch
   */
  read(batch: Batch, index: number, caught: readonly string[], json: unknown, arrived: number): void {
    const readings = Array.isArray(json) && json.every(isObject) ? json : [json];
    for (const reading of readings) this.#read(batch, index, caught, reading, arrived);
  }

  #read(batch: Batch, index: number, caught: readonly string[], json: unknown, arrived: number): void {
    const document = isObject(json) ? json : {};
    const time = this.#time === null ? arrived : deviceTime(this.#time, document, arrived);
    if (Number.isNaN(time)) {
      // What stands there is not said: this goes into a log, and it may be anything.
      batch.reject('metric', index, 'HG_ITEM_TIME', `${this.#time!.field} is no time in ${this.#time!.unit}`);
      return;
    }
    const labels = this.#labels.map(([name, template]) => [name, template.fill(caught, document)] as const);
    const prefix = this.#prefix.fill(caught, document);
    const seriesOf = this.#series(prefix, labels);
    let kept = this.#addLine(batch, index, caught, document, labels, time) ? 1 : 0;
    const most = MOST_VALUES + this.#used.size + 1;
    const leaves = this.#values.flatMap((path) => leavesOf(path === '' ? json : fieldAt(document, path), path, most));
    for (const [path, value] of leaves) {
      const length = prefix.length + path.length;
      if (length <= LONGEST && this.#used.has(path)) continue;
      kept++;
      // Before anything reads the path: the parts of a long one are still apart, and putting them together would copy it for every value.
      if (length > LONGEST) {
        batch.reject('metric', index, 'HG_ITEM_NAME', `prefix and path have ${length} characters, at most ${LONGEST}`);
      } else if (typeof value === 'string') {
        batch.reject('metric', index, 'HG_ITEM_TEXT', `${path.slice(0, 80)} is a text`);
      } else if (kept > MOST_VALUES) {
        batch.reject('metric', index, 'HG_ITEM_VALUE', `more than ${MOST_VALUES} numbers in one message`);
        break;
      } else {
        const from = batch.samples.length;
        batch.samples.push(time, value);
        batch.addKnown(index, seriesOf(path), from);
      }
    }
    if (kept === 0) batch.reject('metric', index, 'HG_ITEM_VALUE', 'nothing in the message is a number to be kept');
  }

  #addLine(
    batch: Batch,
    index: number,
    caught: readonly string[],
    document: JsonObject,
    labels: readonly Label[],
    time: number,
  ): boolean {
    if (this.#line === null) return false;
    const message = fieldAt(document, this.#line.message);
    if (message === undefined || message === null) return false;
    if (typeof message !== 'string') {
      batch.reject('log', index, 'HG_ITEM_LINE', `${this.#line.message} is no text`);
      return true;
    }
    const level = this.#line.level === null ? undefined : fieldAt(document, this.#line.level);
    batch.lines.push({
      index,
      time,
      level: typeof level === 'string' ? level : '',
      service: this.#service.fill(caught, document),
      host: this.#host.fill(caught, document),
      message,
      fields: Object.fromEntries(labels.filter(([, value]) => value !== '')),
    });
    return true;
  }

  /** Series of one prefix and set of labels, by the path of their field; the same objects for the same ones. */
  #series(prefix: string, labels: readonly Label[]): (path: string) => SeriesName {
    const key = JSON.stringify([prefix, ...labels.map(([, value]) => value)]);
    // Long texts are not looked up either: all of one length may have one hash.
    const short = key.length <= LONGEST;
    let known = short ? this.#known.get(key) : undefined;
    if (known === undefined) {
      known = new Map();
      if (short) {
        this.#makeRoom(key.length * 2);
        this.#known.set(key, known);
      }
    }
    const series = known;
    return (path) => {
      let one = series.get(path);
      if (one === undefined) {
        const parts = [prefix, ...path.split('.')].filter((part) => part !== '');
        one = { name: prometheusName(parts.join('_')), labels };
        if (short) {
          this.#makeRoom(path.length + one.name.length);
          series.set(copiedText(path), one);
        }
      }
      return one;
    };
  }

  #makeRoom(characters: number): void {
    if (!this.#room.add(characters)) this.#known.clear();
  }
}

function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
