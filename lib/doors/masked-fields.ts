import type { LineItem } from '../ingest/batch.ts';
import { namesSecret } from '../mask/key-values.ts';
import type { MaskStage } from '../mask/mask.ts';

/** Fields as they may leave. */
export interface MaskedFields {
  readonly fields: Readonly<Record<string, string>>;
  /** An upper bound. */
  readonly bytes: number;
}

interface Name {
  /** With secrets covered. */
  readonly shown: string;
  /** Its value is a secret, as that of `password`. */
  readonly secret: boolean;
}

/** `id@NUMBER.param`: the number of an enterprise (RFC 5424, 6.3.2), and no address of mail whatever the param is called. */
const ENTERPRISE = /@(?=\d+(?:\.\d+)*\.[^.]*$)/;
/** Names that are remembered, and their length: nearly all lines have the same few. */
const REMEMBERED = 4096;
const LONGEST_REMEMBERED = 256;

/** Covers secrets in the names and values of fields; a value also where only its name says that it is a secret, as in `password="x"`. */
export class FieldMask {
  readonly #mask: MaskStage;
  readonly #names = new Map<string, Name>();

  constructor(mask: MaskStage) {
    this.#mask = mask;
  }

  /**
   * Names that are the same when they are covered become one, their values parted by ", ".
   * @returns without a prototype: a field may be called __proto__
   */
  masked(fields: LineItem['fields']): MaskedFields {
    const masked = Object.create(null) as Record<string, string>;
    let bytes = 0;
    for (const [name, given] of Object.entries(fields)) {
      const { shown } = this.#nameOf(name);
      const value = this.value(name, given);
      masked[shown] = shown in masked ? `${masked[shown]}, ${value}` : value;
      bytes += (shown.length + value.length) * 3 + 12;
    }
    return { fields: masked, bytes };
  }

  /** The value of a field or of a label. */
  value(name: string, given: string): string {
    const alone = this.#mask.text(given);
    return this.#nameOf(name).secret ? this.#coveredBy(name, alone) : alone;
  }

  #nameOf(name: string): Name {
    let known = this.#names.get(name);
    if (known === undefined) {
      const bytes = Buffer.from(name);
      known = { shown: this.#coveredName(name), secret: namesSecret(bytes, 0, bytes.length) };
      if (this.#names.size >= REMEMBERED) this.#names.clear();
      if (name.length <= LONGEST_REMEMBERED) this.#names.set(name, known);
    }
    return known;
  }

  #coveredName(name: string): string {
    const plain = name.replace(ENTERPRISE, '-');
    const whole = this.#mask.text(plain);
    if (whole !== plain) return whole;
    if (!name.includes('@')) return name;
    // Of `ann@example.org.source-port` the whole is no address of mail.
    const stem = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    return this.#mask.text(stem) + name.slice(stem.length);
  }

  #coveredBy(name: string, value: string): string {
    // Quotes and line ends would end the value before its end, and a name is no address of mail here.
    const quoted = value.replaceAll(/["\\\r\n]/g, '_');
    const bytes = Buffer.from(`${name.replaceAll('@', '-')}="${quoted}"`);
    this.#mask.bytes(bytes);
    const behind = bytes.subarray(Buffer.byteLength(name) + 2, -1).toString();
    return behind === quoted ? value : behind;
  }
}
