import type { Label } from '../batch.ts';
import type { AnyValue, KeyValue, Resource, Scope } from './messages.ts';
import { labelName } from './names.ts';

/** An attribute's value as a text; lists and maps as JSON. */
export function textOf(value: AnyValue | null): string {
  if (value === null) return '';
  if (Object.hasOwn(value, 'stringValue')) return value.stringValue!;
  const plain = plainOf(value);
  return typeof plain === 'string' ? plain : plain === null ? '' : JSON.stringify(plain);
}

function plainOf(value: AnyValue | null): unknown {
  if (value === null) return null;
  if (Object.hasOwn(value, 'stringValue')) return value.stringValue;
  if (Object.hasOwn(value, 'boolValue')) return value.boolValue;
  if (Object.hasOwn(value, 'intValue')) return value.intValue;
  if (Object.hasOwn(value, 'doubleValue')) {
    return Number.isFinite(value.doubleValue) ? value.doubleValue : String(value.doubleValue);
  }
  if (value.arrayValue) return value.arrayValue.values.map(plainOf);
  if (value.kvlistValue)
    return Object.fromEntries(value.kvlistValue.values.map((one) => [one.key, plainOf(one.value)]));
  if (value.bytesValue) return base64(value.bytesValue);
  return null;
}

/** In pieces: a function does not take a hundred thousand arguments. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/**
 * Attributes as labels. Attributes whose names become one label are joined with ; in the order of their own names, as the
 * specification wants it.
 */
export function labelsOf(attributes: readonly KeyValue[]): Label[] {
  const labels: Label[] = [];
  for (const { key, value } of attributes) {
    const name = labelName(key);
    // Ten thousand attributes must not be compared with each other.
    if (labels.length > FEW || hasLabel(labels, name)) return joined(attributes);
    labels.push([name, textOf(value)]);
  }
  return labels;
}

const FEW = 32;

export function hasLabel(labels: readonly Label[], name: string): boolean {
  for (const [label] of labels) if (label === name) return true;
  return false;
}

function joined(attributes: readonly KeyValue[]): Label[] {
  const labels = new Map<string, string>();
  for (const { key, value } of [...attributes].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))) {
    const name = labelName(key);
    const before = labels.get(name);
    labels.set(name, before === undefined ? textOf(value) : `${before};${textOf(value)}`);
  }
  return [...labels];
}

/** What of a resource stands on every series of it, and what in target_info only. */
export interface TargetLabels {
  readonly identity: readonly Label[];
  readonly info: readonly Label[];
}

const IDENTIFYING: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** job and instance out of the service's attributes; the rest is for target_info. */
export function targetOf(resource: Resource | null): TargetLabels {
  const attributes = resource?.attributes ?? [];
  const find = (key: string) => textOf(attributes.find((one) => one.key === key)?.value ?? null);
  const [name, namespace, instance] = [find('service.name'), find('service.namespace'), find('service.instance.id')];
  const identity: Label[] = [];
  if (name !== '') identity.push(['job', namespace === '' ? name : `${namespace}/${name}`]);
  if (instance !== '') identity.push(['instance', instance]);
  return { identity, info: labelsOf(attributes.filter(({ key }) => !IDENTIFYING.has(key))) };
}

export function scopeLabels(scope: Scope | null): Label[] {
  const labels: Label[] = [];
  if (scope && scope.name !== '') labels.push(['otel_scope_name', scope.name]);
  if (scope && scope.version !== '') labels.push(['otel_scope_version', scope.version]);
  return labels;
}
