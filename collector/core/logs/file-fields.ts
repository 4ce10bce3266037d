import type { MaskStage } from '../../../lib/mask/mask.ts';

type Fields = Readonly<Record<string, string>>;

/** Numbers and names that the machine itself gives: there is nothing to cover, and much to look through. */
const IDS: ReadonlySet<string> = new Set([
  ...['process.pid', 'user.id', 'group.id', 'host.boot.id', 'host.id', 'systemd.invocation_id', 'event.sequence'],
  ...['container.id', 'systemd.message_id', 'log.syslog.severity.name', 'log.syslog.facility.name'],
]);

/** So many services are remembered as they are covered. */
const REMEMBERED = 256;

/** The fields of the lines of one file: those of the file itself, and with those that single lines bring. Gives the same object again for the same. */
export class FileFields {
  readonly plain: Fields;
  readonly #truncated = new WeakMap<Fields, Fields>();
  readonly #bytes = new WeakMap<Fields, number>();
  readonly #with = new WeakMap<Fields, Fields>();
  readonly #services = new Map<string, string>();
  readonly #mask: MaskStage | null;

  /** @param mask covers secrets in what single lines bring, where that is not only this machine's word */
  constructor(plain: Fields, mask: MaskStage | null = null) {
    this.plain = plain;
    this.#mask = mask;
  }

  /** With what is known of a line. */
  of(fields: Fields | undefined): Fields {
    if (fields === undefined) return this.plain;
    let all = this.#with.get(fields);
    if (all === undefined) {
      all = { ...this.plain, ...this.#masked(fields) };
      this.#with.set(fields, all);
    }
    return all;
  }

  /** The service that a single line has. A program chooses it itself. */
  service(name: string): string {
    if (this.#mask === null) return name;
    let masked = this.#services.get(name);
    if (masked === undefined) {
      masked = this.#mask.text(name);
      if (this.#services.size >= REMEMBERED) this.#services.clear();
      this.#services.set(name, masked);
    }
    return masked;
  }

  #masked(fields: Fields): Fields {
    if (this.#mask === null) return fields;
    const masked: Record<string, string> = {};
    for (const name of Object.keys(fields))
      masked[name] = IDS.has(name) ? fields[name]! : this.#mask.text(fields[name]!);
    return masked;
  }

  /** At most so many bytes they have. */
  bytesOf(fields: Fields): number {
    let bytes = this.#bytes.get(fields);
    if (bytes === undefined) {
      bytes = bytesOfFields(fields);
      this.#bytes.set(fields, bytes);
    }
    return bytes;
  }

  /** The same of a line that was cut. */
  truncated(fields: Fields): Fields {
    let cut = this.#truncated.get(fields);
    if (cut === undefined) {
      cut = { ...fields, 'log.truncated': 'true' };
      this.#truncated.set(fields, cut);
    }
    return cut;
  }
}

/** At most so many bytes have the fields: a UTF-16 unit is three bytes of UTF-8 at most. */
export function bytesOfFields(fields: Fields): number {
  let bytes = 0;
  for (const name of Object.keys(fields)) bytes += (name.length + fields[name]!.length) * 3;
  return bytes;
}
