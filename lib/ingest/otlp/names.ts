import { heapShare } from '../../heap-share.ts';

/** The units that have a word of their own in Prometheus' names. */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};

const PER: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** Of each kind, and how long one that is kept may be. */
const NAMES_KEPT = heapShare(16_000, 10_000);
const LONGEST_KEPT = 256;
const names = new Map<string, string>();
const labelNames = new Map<string, string>();

function keep(kept: Map<string, string>, written: string, name: string): void {
  if (written.length > LONGEST_KEPT) return;
  if (kept.size >= NAMES_KEPT) kept.clear();
  kept.set(written, name);
}

/** What a metric is, as far as its name shows it. */
export type NameKind = 'counter' | 'gauge' | 'other';

/**
 * The Prometheus name of an OpenTelemetry metric, by its specification ("Prometheus and OpenMetrics Compatibility"): what
 * cannot stand in a name becomes _, the unit is appended in words, a counter ends in _total, a gauge of unit 1 in _ratio.
 * '' if nothing is left.
 */
export function metricName(name: string, unit: string, kind: NameKind): string {
  const key = `${kind} ${unit} ${name}`;
  let known = names.get(key);
  if (known === undefined) {
    known = buildName(name, unit, kind);
    keep(names, key, known);
  }
  return known;
}

function buildName(name: string, unit: string, kind: NameKind): string {
  let words = name.split(/[^a-zA-Z0-9:]+/).filter((word) => word !== '');
  if (words.length === 0) return '';
  const [main = '', per = ''] = unit.split(/\/(.*)/s, 2).map((part) => part.trim());
  const mainWord = unitWord(main, UNITS);
  if (mainWord !== '' && !words.includes(mainWord)) words.push(mainWord);
  const perWord = unitWord(per, PER);
  if (perWord !== '' && !words.includes(perWord)) words.push('per', perWord);
  if (kind === 'counter') words = [...words.filter((word) => word !== 'total'), 'total'];
  if (kind === 'gauge' && unit === '1') words = [...words.filter((word) => word !== 'ratio'), 'ratio'];
  const joined = words.join('_');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** A unit in curly braces counts things: it has no word. */
function unitWord(unit: string, known: Readonly<Record<string, string>>): string {
  if (unit === '' || /[{}]/.test(unit)) return '';
  const word = Object.hasOwn(known, unit) ? known[unit]! : unit;
  return word
    .split(/[^a-zA-Z0-9]+/)
    .filter((part) => part !== '')
    .join('_');
}

/** The Prometheus name of an attribute. */
export function labelName(attribute: string): string {
  let known = labelNames.get(attribute);
  if (known === undefined) {
    known = attribute.replace(/[^a-zA-Z0-9_]/g, '_');
    if (/^\d/.test(known)) known = `key_${known}`;
    // Two underscores in front are Prometheus' own.
    else if (known.startsWith('__')) known = `key${known}`;
    keep(labelNames, attribute, known);
  }
  return known;
}
