import { isIP } from 'node:net';
import { Reader, type Response } from 'maxmind';

/** What of the records of the usual databases (country, city, AS) is put on a line; any part may be missing. */
interface GeoRecord {
  readonly continent?: { readonly code?: string };
  readonly country?: Place;
  readonly registered_country?: Place;
  readonly subdivisions?: readonly Place[];
  readonly city?: Place;
  readonly postal?: { readonly code?: string };
  readonly location?: { readonly latitude?: number; readonly longitude?: number; readonly time_zone?: string };
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
}

interface Place {
  readonly iso_code?: string;
  readonly names?: Readonly<Record<string, string>>;
}

type Fields = readonly (readonly [string, string])[];
const NOTHING: Fields = [];
/** Addresses whose answer is kept: the same few come again and again. */
const MOST_KEPT = 20_000;

/** A MaxMind database, and what it says of an address as pairs of ECS names below `geo.` and `as.`. */
export class GeoIp {
  readonly #reader: Reader<Response>;
  readonly #language: string;
  readonly #kept = new Map<string, Fields>();

  /** @throws of the reader, for bytes that are no database */
  constructor(bytes: Buffer, language: string) {
    this.#reader = new Reader(bytes);
    this.#language = language;
    // Looked at once: a file that was cut off has its metadata and not its data.
    for (const address of ['0.0.0.0', '255.255.255.255']) this.#reader.get(address);
  }

  /** @throws of the reader, where the database is damaged at this place */
  of(address: string): Fields {
    const known = this.#kept.get(address);
    if (known !== undefined) return known;
    // What is no address is not kept: it may be of any length.
    if (isIP(address) === 0) return NOTHING;
    const found = this.#fields(this.#reader.get(address) as GeoRecord | null);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(address, found);
    return found;
  }

  #fields(record: GeoRecord | null): Fields {
    if (record === null) return NOTHING;
    const fields: [string, string][] = [];
    const add = (name: string, value: string | number | undefined) => {
      if (value !== undefined) fields.push([name, String(value)]);
    };
    const named = (place: Place | undefined) => place?.names?.[this.#language] ?? place?.names?.en;
    const country = record.country ?? record.registered_country;
    add('geo.continent_code', record.continent?.code);
    add('geo.country_iso_code', country?.iso_code);
    add('geo.country_name', named(country));
    const [region] = record.subdivisions ?? [];
    if (region?.iso_code !== undefined && country?.iso_code !== undefined)
      add('geo.region_iso_code', `${country.iso_code}-${region.iso_code}`);
    add('geo.region_name', named(region));
    add('geo.city_name', named(record.city));
    add('geo.postal_code', record.postal?.code);
    const { latitude, longitude, time_zone: timezone } = record.location ?? {};
    if (latitude !== undefined && longitude !== undefined) add('geo.location', `${latitude},${longitude}`);
    add('geo.timezone', timezone);
    add('as.number', record.autonomous_system_number);
    add('as.organization.name', record.autonomous_system_organization);
    return fields;
  }
}

/** `source.ip` gives `source.geo....`, any other field is put before: `peer` gives `peer.geo....`. */
export function prefixOf(field: string): string {
  return field.replace(/\.(ip|address)$/, '');
}
