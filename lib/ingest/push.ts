import type { Type } from 'protobufjs';
import { HeliographError } from '../errors.ts';
import { Batch, type Label } from './batch.ts';
import { decodeMessage, readProtobuf } from './protobuf.ts';

interface LabelMessage {
  readonly name: string;
  readonly value: string;
}

/** heliograph.push.v1.PushRequest as it is decoded. */
interface PushMessage {
  readonly host: string;
  readonly environment: string;
  readonly labels: readonly LabelMessage[];
  readonly metrics: readonly {
    readonly name: string;
    readonly labels: readonly LabelMessage[];
    readonly samples: readonly { readonly value: number; readonly time: number }[];
  }[];
  readonly logs: readonly {
    readonly time: number;
    readonly level: string;
    readonly service: string;
    readonly message: string;
    readonly fields: readonly LabelMessage[];
  }[];
}

/** What stands on everything of a request. */
export class Common {
  readonly host: string;
  readonly #environment: string;
  readonly #labels: readonly Label[];

  constructor(host: string, environment: string, labels: readonly Label[]) {
    this.host = host;
    this.#environment = environment;
    this.#labels = [
      ...(host === '' ? [] : ([['instance', host]] as const)),
      ...(environment === '' ? [] : ([['environment', environment]] as const)),
      ...labels,
    ];
  }

  /** A series' own labels go before those of the request. */
  labels(own: readonly Label[]): Label[] {
    const names = new Set(own.map(([name]) => name));
    return [...own, ...this.#labels.filter(([name]) => !names.has(name))];
  }

  /** Those of one more line of the batch. @throws HeliographError HG_DOOR_BODY */
  fields(own: readonly Label[], batch: Batch): Record<string, string> {
    batch.repeatFields(1, this.#environment.length);
    const fields: [string, string][] = this.#environment === '' ? [] : [['service.environment', this.#environment]];
    return Object.fromEntries([...fields, ...own]);
  }
}

/** @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (more than a request may have) */
export function readPush(type: Type, bytes: Uint8Array, now: number): Batch {
  const message = readProtobuf('push request', bytes, (reader) => decodeMessage<PushMessage>(type, reader));
  const batch = new Batch();
  const common = new Common(message.host, message.environment, message.labels.map(pair));
  for (const [index, metric] of message.metrics.entries()) {
    const from = batch.samples.length;
    for (const { value, time } of metric.samples) batch.samples.push(time === 0 ? now : time, value);
    if (metric.samples.length === 0) batch.reject('metric', index, 'HG_ITEM_VALUE', 'no sample', 0);
    else batch.add(index, metric.name, common.labels(metric.labels.map(pair)), from);
  }
  for (const [index, log] of message.logs.entries()) {
    const { level, service, message: text } = log;
    const time = log.time === 0 ? Number.NaN : log.time;
    const fields = common.fields(log.fields.map(pair), batch);
    batch.lines.push({ index, time, level, service, host: common.host, message: text, fields });
  }
  return batch;
}

function pair({ name, value }: LabelMessage): Label {
  return [name, value];
}

const KEYS: ReadonlySet<string> = new Set(['host', 'environment', 'labels', 'metrics', 'logs']);

/**
 * The JSON form: { host?, environment?, labels?: {..}, metrics?: [{ name, labels?, value, time? } | { name, labels?, samples: [[time, value], ..] }],
 * logs?: [{ message, time?, level?, service?, fields?: {..} }] }. Times: ms since the epoch, or RFC 3339. Values: numbers, or "NaN", "+Inf", "-Inf".
 * An item that does not fit is refused by itself; a document that does not, whole.
 * @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY (more than a request may have)
 */
export function readPushJson(json: unknown, now: number): Batch {
  const root = objectOf(json);
  if (root === null) throw misfit('the body must be an object with metrics, logs or both');
  for (const key of Object.keys(root))
    if (!KEYS.has(key)) throw misfit(`there is no key ${JSON.stringify(key.slice(0, 80))}`);
  const host = textOf(root.host, 'host');
  const common = new Common(host, textOf(root.environment, 'environment'), pairsOf(root.labels) ?? fail('labels'));
  const batch = new Batch();
  for (const [index, metric] of listOf(root.metrics, 'metrics').entries())
    readMetric(batch, index, metric, common, now);
  for (const [index, log] of listOf(root.logs, 'logs').entries()) readLog(batch, index, log, common);
  return batch;
}

function readMetric(batch: Batch, index: number, json: unknown, common: Common, now: number): void {
  const metric = objectOf(json);
  if (metric === null || typeof metric.name !== 'string') {
    batch.reject('metric', index, 'HG_ITEM_NAME', 'write { "name": ..., "value": ... }');
    return;
  }
  const labels = pairsOf(metric.labels);
  if (labels === null) {
    batch.reject('metric', index, 'HG_ITEM_LABELS', 'labels are an object of texts');
    return;
  }
  const samples = metric.samples === undefined ? [[metric.time, metric.value]] : metric.samples;
  if (!Array.isArray(samples) || samples.length === 0) {
    batch.reject('metric', index, 'HG_ITEM_VALUE', 'samples are a list of [time, value]');
    return;
  }
  const from = batch.samples.length;
  let refused = 0;
  let why: readonly ['HG_ITEM_TIME' | 'HG_ITEM_VALUE', string] = ['HG_ITEM_VALUE', ''];
  for (const sample of samples as unknown[]) {
    const [at, given] = Array.isArray(sample) ? (sample as unknown[]) : [];
    const time = timeOf(at, now);
    const value = numberOf(given);
    if (time !== null && value !== null) batch.samples.push(Math.round(time), value);
    else {
      refused++;
      why = time === null ? ['HG_ITEM_TIME', `no time: ${shown(at)}`] : ['HG_ITEM_VALUE', `no value: ${shown(given)}`];
    }
  }
  if (refused > 0) batch.reject('metric', index, why[0], why[1], refused);
  if (batch.samples.length > from) batch.add(index, metric.name, common.labels(labels), from);
}

function readLog(batch: Batch, index: number, json: unknown, common: Common): void {
  const log = objectOf(json);
  const fields = log === null ? null : pairsOf(log.fields);
  const time = log === null ? null : timeOf(log.time, Number.NaN);
  if (log === null || typeof log.message !== 'string' || fields === null) {
    batch.reject('log', index, 'HG_ITEM_LINE', 'write { "message": ..., "fields": { ... } } with texts');
    return;
  }
  if (time === null) {
    batch.reject('log', index, 'HG_ITEM_TIME', `no time: ${shown(log.time)}`);
    return;
  }
  const { level = '', service = '', message } = log;
  if (typeof level !== 'string' || typeof service !== 'string') {
    batch.reject('log', index, 'HG_ITEM_LINE', 'level and service are texts');
    return;
  }
  batch.lines.push({ index, time, level, service, host: common.host, message, fields: common.fields(fields, batch) });
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** ms of a number or an RFC 3339 text; `missing` for none; null for anything else. */
function timeOf(value: unknown, missing: number): number | null {
  if (value === undefined || value === null) return missing;
  if (typeof value === 'number') return value;
  // Without a zone it would be taken for the time of where the core stands.
  if (typeof value !== 'string' || !RFC_3339.test(value)) return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && Object.hasOwn(WORDS, value) ? WORDS[value]! : null;
}

function pairsOf(value: unknown): Label[] | null {
  if (value === undefined) return [];
  const object = objectOf(value);
  if (object === null) return null;
  const pairs: Label[] = [];
  for (const [name, text] of Object.entries(object)) {
    if (typeof text === 'string') pairs.push([name, text]);
    else if (typeof text === 'number' || typeof text === 'boolean') pairs.push([name, String(text)]);
    else return null;
  }
  return pairs;
}

function objectOf(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function textOf(value: unknown, name: string): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : fail(name);
}

function listOf(value: unknown, name: string): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : fail(name);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}

function fail(name: string): never {
  throw misfit(`${name} does not have the form it should have`);
}

function misfit(detail: string): HeliographError {
  return new HeliographError('HG_DOOR_SYNTAX', detail);
}
