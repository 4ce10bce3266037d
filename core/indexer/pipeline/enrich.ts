import type { LogLine } from '../../../proto/log-line.ts';
import type { Catalogue } from './catalogue.ts';
import type { IndexerConfig } from './config.ts';
import { type GeoIp, prefixOf } from './geoip.ts';

/** Adds what the catalogue knows of a line's service. What the line says itself stays. */
export function addCatalogue(line: LogLine, catalogue: Catalogue): LogLine {
  const entry = catalogue.of(line.service);
  if (entry === null || entry.fields.length === 0) return line;
  const fields: Record<string, string> = { ...line.fields };
  for (const [name, value] of entry.fields) if (!Object.hasOwn(fields, name)) fields[name] = value;
  return { ...line, fields };
}

/** Adds where the addresses of a line are. */
export function addGeo(line: LogLine, geoip: GeoIp, fields: readonly string[]): LogLine {
  let out: Record<string, string> | null = null;
  for (const field of fields) {
    if (!Object.hasOwn(line.fields, field)) continue;
    const found = geoip.of(line.fields[field]!);
    if (found.length === 0) continue;
    out ??= { ...line.fields };
    const before = prefixOf(field);
    for (const [name, value] of found) out[`${before}.${name}`] = value;
  }
  return out === null ? line : { ...line, fields: out };
}

/** Where a line comes from: what it says, what the catalogue says, what is assumed of those of which neither does. */
export function environmentOf(
  line: LogLine,
  catalogue: Catalogue | null,
  { field, default: assumed }: IndexerConfig['environment'],
): string {
  for (const name of field) if (Object.hasOwn(line.fields, name)) return line.fields[name]!;
  return catalogue?.of(line.service)?.environment ?? assumed;
}
