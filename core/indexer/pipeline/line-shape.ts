import type { LineLevel } from '../../../lib/log-lines/level.ts';
import type { LogLine } from '../../../proto/log-line.ts';
import type { ParseRule } from './config.ts';
import type { ParseFailure } from './parsed.ts';
import { isReserved, SETTABLE } from './reserved.ts';
import { levelOf } from './severity.ts';
import { compileTimeFormat, type TimeFormat } from './time-format.ts';
import { type ZoneOffset, zoneOffset } from './zone.ts';

/** What a time in a line is held against. ms. */
export interface TimeBounds {
  readonly near: number;
  readonly oldest: number;
  readonly newest: number;
}

/** A line as the rule has it; where something failed, as much of it as could be had, with the reason among its fields. */
export interface Applied {
  readonly line: LogLine;
  readonly failure: ParseFailure | null;
}

const ERROR_FIELD = 'heliograph.parse.error';
const RULE_FIELD = 'heliograph.parse.rule';
const TIME_FIELDS = ['@timestamp', 'timestamp', 'time', 'ts'];
const TIME_FORMATS = ['iso', 'epoch', 'rfc3164', 'clf'];
const LEVEL_FIELDS = ['log.level', 'level', 'severity', 'lvl', 'loglevel'];

/** The line as it came, with the reason. */
export function failed(line: LogLine, rule: string, failure: ParseFailure): Applied {
  return { line: { ...line, fields: { ...line.fields, [ERROR_FIELD]: failure, [RULE_FIELD]: rule } }, failure };
}

/** Destinations kept by name; names come from outside, so neither their number nor their length is trusted. */
const MOST_NAMES = 10_000;
const LONGEST_NAME = 128;

interface Destination {
  /** null: it is not stored. */
  readonly target: string | null;
  /** The rule names it: it may replace what is there. */
  readonly asked: boolean;
}

/** Puts parsed fields where they belong on a line. */
export class LineShape {
  readonly #name: string;
  readonly #rule: ParseRule;
  readonly #rename: ReadonlyMap<string, string>;
  readonly #remove: ReadonlySet<string>;
  readonly #original: boolean;
  readonly #messages: readonly string[];
  readonly #times: readonly string[];
  readonly #formats: readonly TimeFormat[];
  readonly #zone: ZoneOffset | null;
  readonly #levels: readonly string[];
  readonly #words: ReadonlyMap<string, LineLevel>;
  readonly #destinations = new Map<string, Destination>();

  constructor(rule: ParseRule, name: string) {
    this.#name = name;
    this.#rule = rule;
    this.#rename = new Map(Object.entries(rule.fields));
    this.#remove = new Set(rule.remove);
    this.#original = rule.original ?? rule.parse !== 'json';
    const mapped = (target: string) => Object.keys(rule.fields).filter((field) => rule.fields[field] === target);
    this.#messages = [...mapped('message'), ...rule.message];
    this.#times = [...mapped('@timestamp'), ...(rule.time?.field ?? TIME_FIELDS)];
    this.#formats = (rule.time?.format ?? TIME_FORMATS).map((format) => {
      const compiled = compileTimeFormat(format);
      if (typeof compiled === 'string') throw new TypeError(`a rule that the schema refuses: ${compiled}`);
      return compiled;
    });
    this.#zone = rule.time?.zone === undefined ? null : zoneOffset(rule.time.zone);
    this.#levels = [...mapped('log.level'), ...(rule.level?.field ?? LEVEL_FIELDS)];
    this.#words = new Map(
      Object.entries(rule.level?.words ?? {}).map(([word, level]) => [word.toLowerCase(), level] as const),
    );
  }

  fill(line: LogLine, parsed: Map<string, string>, bounds: TimeBounds): Applied {
    const time = this.#time(line, parsed, bounds);
    const level = this.#level(parsed);
    const text = take(parsed, this.#messages);
    const fields: Record<string, string> = { ...line.fields };
    if (text !== null && this.#original && text !== line.message) put(fields, 'event.original', line.message);
    let service = line.service;
    for (const [name, value] of parsed) {
      const { target, asked } = this.#destination(name);
      if (target === null) continue;
      if (asked && target === 'service.name') service = value.slice(0, 256);
      else put(fields, asked || !Object.hasOwn(fields, target) ? target : `exported.${target}`, value);
    }
    const failure = typeof time === 'string' ? time : null;
    if (failure !== null) {
      fields[ERROR_FIELD] = failure;
      fields[RULE_FIELD] = this.#name;
    }
    const shaped: LogLine = {
      time: typeof time === 'number' ? time : line.time,
      message: text ?? line.message,
      level: level === '' ? line.level : level,
      service,
      fields,
    };
    return { line: shaped, failure };
  }

  /** Where a parsed field goes. The same names stand on every line. */
  #destination(name: string): Destination {
    const known = this.#destinations.get(name);
    if (known !== undefined) return known;
    const made = this.#decide(name);
    if (this.#destinations.size < MOST_NAMES && name.length <= LONGEST_NAME) this.#destinations.set(name, made);
    return made;
  }

  #decide(name: string): Destination {
    if (this.#remove.has(name)) return { target: null, asked: true };
    const target = this.#rename.get(name);
    // Of those that the line has beside its fields only the service is left here: message, time and level were taken out before.
    if (target !== undefined && (target === 'service.name' || !SETTABLE.has(target))) return { target, asked: true };
    const plain = this.#rule.prefix + name;
    return { target: isReserved(plain) ? `exported.${plain}` : plain, asked: false };
  }

  /** The time; null: the text has none, and nobody said that it must. A time that was read is no field any more. */
  #time(line: LogLine, parsed: Map<string, string>, bounds: TimeBounds): number | null | ParseFailure {
    const wanted = this.#rule.time !== undefined;
    const name = this.#times.find((field) => parsed.has(field));
    if (name === undefined) return wanted ? 'no_time' : null;
    const text = parsed.get(name)!;
    const zone = this.#zone ?? zoneOffset(parsed.get('event.timezone') ?? line.fields['event.timezone'] ?? 'UTC');
    for (const format of this.#formats) {
      const time = format(text, zone ?? UTC, bounds.near);
      if (Number.isNaN(time)) continue;
      // A store would drop it; where the text is wrong about its time the line is still a line.
      if (time < bounds.oldest || time > bounds.newest) return 'time_out_of_range';
      parsed.delete(name);
      return time;
    }
    return wanted ? 'bad_time' : null;
  }

  /** The level, '' if the text does not say. The field stays where it says more than the level: a number, `notice`. */
  #level(parsed: Map<string, string>): LineLevel {
    for (const name of this.#levels) {
      const value = parsed.get(name);
      if (value === undefined) continue;
      const level = levelOf(value, this.#rule.level?.numbers ?? 'auto', this.#words);
      if (level === '') continue;
      const said = value.toLowerCase();
      if (said === level || (said === 'warn' && level === 'warning')) parsed.delete(name);
      return level;
    }
    return '';
  }
}

const UTC: ZoneOffset = () => 0;

/** Takes the first of these fields that is there out of the others. */
function take(parsed: Map<string, string>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = parsed.get(name);
    if (value === undefined) continue;
    parsed.delete(name);
    return value;
  }
  return null;
}

/** Sets a field whatever it is called: an assignment to __proto__ would lose it. */
function put(fields: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  else fields[name] = value;
}
