/** A part of a message that holds a list: it can be sent with some of the list's elements only. */
export interface Part<Own extends Part<Own>> {
  /** Where it stands in the message, bytes: [from, to). */
  readonly from: number;
  readonly to: number;
  /** The elements of its list, in order; null: it is not divided. */
  readonly children: readonly Own[] | null;
}

/** How parts are put together again. */
export interface Form<Own extends Part<Own>> {
  /** Elements of one list that follow each other. */
  group(parts: readonly Own[]): Uint8Array[];
  /** The part with this in place of its list's elements. */
  wrap(part: Own, content: readonly Uint8Array[]): Uint8Array[];
}

/** A message of its own, with some of what stands in a larger one. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The element of the outermost list of which this is a part; null: what is in it is whole. */
  readonly of: number | null;
}

/**
 * A large message as several of its form, so that only a part of it is objects at a time: elements of its list, as many as come to `most` bytes; one that is larger is divided itself, and what stands beside its list is in each of
 * its pieces.
 */
export function* pieces<Own extends Part<Own>>(root: Own, form: Form<Own>, most: number): Generator<Piece> {
  const divided = dividedParts(root, form, most, (content) => form.wrap(root, content));
  for (const { content, of } of divided) yield { bytes: Buffer.concat(content), of };
}

function* dividedParts<Own extends Part<Own>>(
  part: Own,
  form: Form<Own>,
  most: number,
  wrap: (content: readonly Uint8Array[]) => Uint8Array[],
): Generator<{ content: Uint8Array[]; of: number | null }> {
  let group: Own[] = [];
  let size = 0;
  for (const [of, child] of part.children!.entries()) {
    const bytes = child.to - child.from;
    if (size + bytes > most && group.length > 0) {
      yield { content: wrap(form.group(group)), of: null };
      group = [];
      size = 0;
    }
    if (bytes > most && child.children !== null && child.children.length > 0) {
      const inner = dividedParts(child, form, most, (content) => wrap(form.wrap(child, content)));
      for (const { content } of inner) yield { content, of };
    } else {
      group.push(child);
      size += bytes;
    }
  }
  // A list without elements is a message, too.
  if (group.length > 0 || part.children!.length === 0) yield { content: wrap(form.group(group)), of: null };
}
