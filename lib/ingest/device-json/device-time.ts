import { fieldAt, type JsonObject } from './json-fields.ts';

export const TIME_UNITS = ['s', 'ms', 'us', 'ns', 'rfc3339'] as const;

/** Where a document says its time. */
export interface DeviceTime {
  /** Path. */
  readonly field: string;
  readonly unit: (typeof TIME_UNITS)[number];
}

const PER_MS: Readonly<Record<string, number>> = { ms: 1, us: 1000, ns: 1_000_000 };
/** With a zone: without one it would be taken for the time of where this stands. */
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** ms since the epoch, whole; `missing` where the document says none; NaN: it is no time. A number may be written as a text. */
export function deviceTime({ field, unit }: DeviceTime, document: JsonObject, missing: number): number {
  const value = fieldAt(document, field);
  if (value === undefined || value === null) return missing;
  if (unit === 'rfc3339') return typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number') return Number.NaN;
  return unit === 's' ? Math.round(number * 1000) : Math.floor(number / PER_MS[unit]!);
}
