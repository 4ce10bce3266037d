type Fields = Readonly<Record<string, string>>;

/** The fields of the lines of one file: those of the file itself, and with those that single lines bring. Gives the same object again for the same. */
export class FileFields {
  readonly plain: Fields;
  readonly #truncated = new WeakMap<Fields, Fields>();
  readonly #bytes = new WeakMap<Fields, number>();
  readonly #with = new WeakMap<Fields, Fields>();

  constructor(plain: Fields) {
    this.plain = plain;
  }

  /** With what is known of a line. */
  of(fields: Fields | undefined): Fields {
    if (fields === undefined) return this.plain;
    let all = this.#with.get(fields);
    if (all === undefined) {
      all = { ...this.plain, ...fields };
      this.#with.set(fields, all);
    }
    return all;
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
