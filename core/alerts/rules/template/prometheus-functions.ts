import { queryEscaped } from './escapes.ts';
import { formatFloat } from './floats.ts';
import { type Answer, define, type TemplateFunction } from './function.ts';
import { stripDomain, stripPort } from './host-port.ts';
import { floatOf, humanize, humanize1024, humanizeDuration, timeOf } from './humanize.ts';
import { parsedDuration } from './parse-duration.ts';
import { matches, replaceAll } from './regex.ts';
import { timeText } from './times.ts';
import { titled } from './title.ts';
import { FillTrouble } from './trouble.ts';
import { ArgumentMap, GoDuration, type Sample, type Value } from './values.ts';

const NOTHING = 'runtime error: invalid memory address or nil pointer dereference';

function sampleOf(value: Value): Sample {
  if (value === null || value === undefined) throw new FillTrouble(NOTHING);
  return value as Sample;
}

const ofText = (call: (text: string) => string) => define(['string'], ([text]) => call(text as string));
const ofNumber = (call: (value: number) => Value) => define(['any'], ([value]) => call(floatOf(value)));

/**
 * What Prometheus adds to text/template for alerts (prometheus.io/docs/prometheus/latest/configuration/template_reference). `query` is
 * evaluated where it is called.
 */
export const PROMETHEUS_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  query: define(['string'], () => []),
  first: define(['vector'], ([answer]) => {
    const [sample] = (answer ?? []) as Answer;
    if (sample === undefined) throw new FillTrouble('first() called on vector with no elements');
    return sample;
  }),
  label: define(['string', 'sample'], ([name, one]) => sampleOf(one).labels.entries.get(name as string) ?? ''),
  value: define(['sample'], ([one]) => sampleOf(one).value),
  strvalue: define(['sample'], ([one]) => sampleOf(one).labels.entries.get('__value__') ?? ''),
  sortByLabel: define(['string', 'vector'], ([name, answer]) => {
    const key = ({ labels }: Sample) => labels.entries.get(name as string) ?? '';
    return ((answer ?? []) as Answer).toSorted((a, b) => Buffer.compare(Buffer.from(key(a)), Buffer.from(key(b))));
  }),
  args: define(['any'], (values) => new ArgumentMap(values), true),
  humanize: ofNumber(humanize),
  humanize1024: ofNumber(humanize1024),
  humanizeDuration: ofNumber(humanizeDuration),
  humanizePercentage: ofNumber((value) => `${formatFloat(value * 100, 'g', 4)}%`),
  humanizeTimestamp: ofNumber((value) => {
    const time = timeOf(value);
    return time === null ? formatFloat(value, 'g', 4) : timeText(time);
  }),
  toTime: ofNumber((value) => {
    const time = timeOf(value);
    if (time === null) throw new FillTrouble('value is NaN or Inf');
    return time;
  }),
  toDuration: ofNumber((value) => {
    if (!Number.isFinite(value)) throw new FillTrouble('value is NaN or Inf');
    return new GoDuration(BigInt(Math.trunc(value * 1e9)));
  }),
  now: define([], (_, { now }) => now / 1000),
  parseDuration: define(['string'], ([text]) => parsedDuration(text as string)),
  title: ofText(titled),
  toUpper: ofText((text) => text.toUpperCase()),
  toLower: ofText((text) => text.toLowerCase()),
  stripPort: ofText(stripPort),
  stripDomain: ofText(stripDomain),
  match: define(['string', 'string'], ([pattern, text]) => matches(pattern as string, text as string)),
  reReplaceAll: define(['string', 'string', 'string'], ([pattern, into, text]) =>
    replaceAll(pattern as string, into as string, text as string),
  ),
  safeHtml: ofText((text) => text),
  urlQueryEscape: ofText(queryEscaped),
  graphLink: ofText((expression) => `/graph?g0.expr=${queryEscaped(expression)}&g0.tab=0`),
  tableLink: ofText((expression) => `/graph?g0.expr=${queryEscaped(expression)}&g0.tab=1`),
  externalURL: define([], (_, { externalUrl }) => externalUrl),
  pathPrefix: define([], (_, { externalUrl }) => {
    const path = URL.parse(externalUrl)?.pathname ?? '';
    // A URL that ends behind the host has no path in Go.
    return path === '/' && !/[^/:]\/([?#]|$)/.test(externalUrl) ? '' : path;
  }),
};
