import type protobuf from 'protobufjs';
import { heapShare } from '../../heap-share.ts';
import type { Label, SeriesName } from '../batch.ts';
import type { Parts } from '../parts.ts';
import { decodeMessage, StrictReader } from '../protobuf.ts';
import { hasLabel, labelsOf, scopeLabels, type TargetLabels, targetOf } from './attributes.ts';
import type { Metric, NumberPoint, Resource, Scope } from './messages.ts';
import { metricName, type NameKind } from './names.ts';

/** Bytes of keys kept at a time, about; beyond, all are forgotten and come again with the next request. Half a million series fit where the heap may grow to 4 GiB. */
const MOST_BYTES = heapShare(32, 128 << 20);
/** What an entry takes beside its key. */
const ENTRY_BYTES = 96;
/** Longer ones are rare, and would fill the memory. */
const LONGEST_KEY = 2048;
/** The tag of the attributes of a number's point. */
export const ATTRIBUTES = 58;

export interface KnownTarget {
  readonly labels: TargetLabels;
  readonly scopes: Map<string, KnownScope>;
}

export interface KnownScope {
  readonly common: readonly Label[];
  readonly metrics: Readonly<Record<NameKind, Map<string, KnownMetric>>>;
}

export interface KnownMetric {
  readonly name: string;
  readonly common: readonly Label[];
  readonly series: Map<string, SeriesName>;
}

/** The types of proto/otlp whose parts are kept. */
export interface KnownTypes {
  readonly resource: protobuf.Type;
  readonly scope: protobuf.Type;
  readonly metric: protobuf.Type;
  readonly point: protobuf.Type;
}

/**
 * What the parts of export requests mean, by their bytes: a sender writes the same bytes for the same resource, scope, metric and attributes, and
 * they need not be read twice. Keys are bytes as text, one character each.
 */
export class KnownMetrics {
  readonly types: KnownTypes;
  readonly #targets = new Map<string, KnownTarget>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(types: KnownTypes, mostBytes = MOST_BYTES) {
    this.types = types;
    this.#mostBytes = mostBytes;
  }

  /** @param parts of the request, as everywhere below: what is read anew counts @throws HeliographError HG_DOOR_BODY */
  target(bytes: string, parts: Parts): KnownTarget {
    const there = this.#targets.get(bytes);
    if (there) return there;
    const resource = messageOf<Resource>(this.types.resource, bytes, parts);
    return this.#keep(this.#targets, bytes, { labels: targetOf(resource), scopes: new Map() });
  }

  scope({ labels, scopes }: KnownTarget, bytes: string, parts: Parts): KnownScope {
    const there = scopes.get(bytes);
    if (there) return there;
    const scope = messageOf<Scope>(this.types.scope, bytes, parts);
    const metrics = { gauge: new Map(), counter: new Map(), other: new Map() };
    return this.#keep(scopes, bytes, { common: [...labels.identity, ...scopeLabels(scope)], metrics });
  }

  /** @param head what stands in a metric before its data: name, description, unit */
  metric({ common, metrics }: KnownScope, kind: NameKind, head: string, parts: Parts): KnownMetric {
    const there = metrics[kind].get(head);
    if (there) return there;
    const { name, unit } = messageOf<Metric>(this.types.metric, head, parts);
    return this.#keep(metrics[kind], head, { name: metricName(name, unit, kind), common, series: new Map() });
  }

  /** @param attributes without the first's tag */
  series({ name, common, series }: KnownMetric, attributes: string, parts: Parts): SeriesName {
    const there = series.get(attributes);
    if (there) return there;
    const bytes = attributes === '' ? '' : String.fromCharCode(ATTRIBUTES) + attributes;
    const labels = labelsOf(messageOf<NumberPoint>(this.types.point, bytes, parts).attributes);
    const own = labels.length;
    for (const label of common) if (own === 0 || !hasLabel(labels, label[0])) labels.push(label);
    return this.#keep(series, attributes, { name, labels });
  }

  #keep<V>(map: Map<string, V>, key: string, value: V): V {
    if (key.length > LONGEST_KEY) return value;
    if (this.#bytes > this.#mostBytes) {
      this.#targets.clear();
      this.#bytes = 0;
    }
    this.#bytes += key.length + ENTRY_BYTES;
    map.set(key, value);
    return value;
  }
}

function messageOf<T>(type: protobuf.Type, text: string, parts: Parts): T {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return decodeMessage<T>(type, new StrictReader(bytes, parts));
}
