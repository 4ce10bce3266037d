import { createHash } from 'node:crypto';
import { timestamp } from '../../logs/stored-line.ts';
import { type FrameId, type LogFrame, type LogLine, placeOf } from '../../ports/frames.ts';

const DAY_MS = 86_400_000;
/** Digits whose order as text is their order as numbers. */
const DIGITS = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
/** What a date_nanos can hold begins here and ends in 2262. ms. */
const LAST_TIME = Date.UTC(2262, 0, 1);

/** All pairs of digits in order. */
const PAIRS = Array.from(DIGITS).flatMap((first) => Array.from(DIGITS, (second) => first + second));

/** A number as text of fixed width, which is even, that sorts as it does. 48 bits fit in eight digits. */
function sortable(value: number, width: number): string {
  let text = '';
  for (let rest = Math.floor(value), i = 0; i < width; i += 2) {
    text = PAIRS[rest % 4096]! + text;
    rest = Math.floor(rest / 4096);
  }
  return text;
}

/** Whether the engine can hold the time at all. */
export function holdsTime(time: number): boolean {
  return time >= 0 && time < LAST_TIME;
}

/** Names one source of frames in twelve digits (72 bits of SHA-256 over host, boot and class). */
export function sourceKey({ host, boot, class: dataClass }: Pick<FrameId, 'host' | 'boot' | 'class'>): string {
  const hash = createHash('sha256').update(`${host}\0${boot}\0${dataClass}`).digest();
  return sortable(hash.readUIntBE(0, 6), 8) + sortable(hash.readUIntBE(6, 3), 4);
}

/** A line's place among all of one instant; it follows from the line's name alone. */
export function orderKey(source: string, sequence: number, place: number): string {
  return source + sortable(sequence, 8) + sortable(place, 4);
}

/**
 * The index of a frame: the day on which the collector made it. That stands in the frame and never changes, so a replay over another
 * relay, on another day, finds its lines again. A frame whose clock cannot be right has no day: a line from 2099 makes no index.
 * @param oldest ms: days before are past the retention
 */
export function indexOf(prefix: string, frame: Pick<LogFrame, 'created' | 'received'>, oldest: number): string {
  const { created, received } = frame;
  const ahead = created > received + DAY_MS;
  if (!Number.isFinite(created) || ahead || created < oldest - DAY_MS) return `${prefix}-undated`;
  return `${prefix}-${new Date(created).toISOString().slice(0, 10).replaceAll('-', '.')}`;
}

/** The day that an index is of, ms; null for one that has none. */
export function dayOf(prefix: string, index: string): number | null {
  const day = index.startsWith(`${prefix}-`) ? /^(\d{4})\.(\d\d)\.(\d\d)$/.exec(index.slice(prefix.length + 1)) : null;
  return day ? Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])) : null;
}

/** A line ready to be sent: two lines of a bulk, and whose they are. */
export interface BulkLine {
  readonly text: string;
  readonly frame: number;
  /** Where it stands in `frame.lines`. */
  readonly at: number;
}

/**
 * The lines of a frame as bulk operations. The id begins with the time of the frame, so that the engine finds out quickly that it has
 * no such document; `create` makes a second one a conflict, which is a success here.
 */
export function bulkLines(frame: LogFrame, number: number, index: string, lines: readonly number[]): BulkLine[] {
  const { id } = frame;
  const source = sourceKey(id);
  const day = sortable(Number.isFinite(frame.created) ? Math.max(0, frame.created) : 0, 8);
  const frameOrder = source + sortable(id.sequence, 8);
  const host = JSON.stringify(frame.instance);
  // What is the same in all of them is put together once.
  const action = `{"create":{"_index":"${index}","_id":"${day}${frameOrder}`;
  const rest = `,"host":{"name":${host}},"site":${JSON.stringify(frame.site)},"event":{"ingested":${Math.floor(frame.received)}}`;
  const name = `"heliograph":{"boot":"${id.boot}","class":"${id.class}","sequence":${id.sequence},"place":`;
  // Lines of one file have the same fields, in the same object, and lines after one another mostly level and service too.
  let level: string | null = null;
  let service: string | null = null;
  let who = '';
  let fields: LogLine['fields'] | null = null;
  let found = '';
  let kept = '';
  return lines.map((at) => {
    const line = frame.lines[at]!;
    const place = placeOf(frame, at);
    const order = sortable(place, 4);
    if (line.level !== level || line.service !== service) {
      ({ level, service } = line);
      who = `,"log":{"level":${JSON.stringify(level)}},"service":{"name":${JSON.stringify(service)}}`;
    }
    if (line.fields !== fields) {
      fields = line.fields;
      ({ found, kept } = split(fields));
    }
    return {
      frame: number,
      at,
      text: `${action}${order}"}}\n{"@timestamp":"${timestamp(line.time)}","message":${JSON.stringify(line.message)}${who}${rest}${found},"order":"${frameOrder}${order}",${name}${place}${kept}}}\n`,
    };
  });
}

/** A name as ECS has them: words with dots between. */
const PLAIN_NAME = /^[A-Za-z0-9_@-]{1,64}(\.[A-Za-z0-9_@-]{1,64}){0,15}$/;
/** Lucene's longest term is 32,766 bytes, and the engine indexes name and value as one; a character has three bytes at most. */
const INDEXED_CHARACTERS = 10_000;

/** Whether the engine can find a line by this field. */
export function isIndexed(name: string, value: string): boolean {
  return PLAIN_NAME.test(name) && name !== '__proto__' && value.length <= INDEXED_CHARACTERS;
}

/** A name of a field as JSON, and whether lines can be found by it. Few names, again and again. */
const names = new Map<string, { readonly json: string; readonly plain: boolean }>();
const MOST_NAMES = 10_000;

function nameOf(name: string) {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MOST_NAMES) names.clear();
  const made = { json: JSON.stringify(name), plain: isIndexed(name, '') };
  names.set(name, made);
  return made;
}

/**
 * The fields of a line as JSON: those that the engine can index, and those that it only keeps (a value that is longer than a term can be,
 * a name that would be taken for a path), as pairs, so that no name means anything to whoever reads it back.
 */
function split(fields: Readonly<Record<string, string>>): { found: string; kept: string } {
  let found = '';
  let kept = '';
  for (const [name, value] of Object.entries(fields)) {
    const { json, plain } = nameOf(name);
    if (plain && value.length <= INDEXED_CHARACTERS) {
      found += `${found === '' ? '' : ','}${json}:${JSON.stringify(value)}`;
    } else kept += `${kept === '' ? '' : ','}[${json},${JSON.stringify(value)}]`;
  }
  return { found: found === '' ? '' : `,"fields":{${found}}`, kept: kept === '' ? '' : `,"fields":[${kept}]` };
}
