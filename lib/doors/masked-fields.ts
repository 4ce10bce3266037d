import type { LineItem } from '../ingest/batch.ts';
import type { MaskStage } from '../mask/mask.ts';

/** Fields as they may leave. */
export interface MaskedFields {
  readonly fields: Readonly<Record<string, string>>;
  /** An upper bound. */
  readonly bytes: number;
}

/** Between two texts: no mask goes on over it, that of private keys, which have several lines, neither. */
const BETWEEN = Buffer.from('\n\0\n');
/** `id@NUMBER.param`: the number of an enterprise (RFC 5424, 6.3.2), and no address of mail whatever the param is called. */
const ENTERPRISE = /@(?=\d+(?:\.\d+)*\.[^.]*$)/;

/**
 * Fields with secrets covered in their names and values; a value also where only its name says that it is a secret, as in `password="x"`. Names that are
 * the same when they are covered become one, their values parted by ", ".
 * @returns without a prototype: a field may be called __proto__
 */
export function maskedFields(fields: LineItem['fields'], mask: MaskStage): MaskedFields {
  const names = Object.keys(fields);
  const shown = coveredNames(names, mask);
  const values = coveredValues(names, Object.values(fields), mask);
  const masked = Object.create(null) as Record<string, string>;
  let bytes = 0;
  for (const [i, name] of shown.entries()) {
    const value = values[i]!;
    masked[name] = name in masked ? `${masked[name]}, ${value}` : value;
    bytes += (name.length + value.length) * 3 + 12;
  }
  return { fields: masked, bytes };
}

function coveredNames(names: readonly string[], mask: MaskStage): readonly string[] {
  // Of `ann@example.org.source-port` the whole is no address of mail.
  const stems = names.map((name) => (name.includes('@') ? name.slice(0, name.lastIndexOf('.')) : ''));
  const plain = names.map((name) => name.replace(ENTERPRISE, '-'));
  const covered = coverTexts([...plain, ...stems], mask);
  if (covered === null) return names;
  return names.map((name, i) => {
    const [whole, stem] = [covered[i]!.toString(), covered[names.length + i]!.toString()];
    if (whole !== plain[i]) return whole;
    return stem === stems[i] ? name : stem + name.slice(stems[i]!.length);
  });
}

function coveredValues(names: readonly string[], given: readonly string[], mask: MaskStage): readonly string[] {
  const alone = coverTexts(given, mask);
  const values = alone === null ? given : alone.map(String);
  // Quotes and line ends would end a value before its end, and no name is an address of mail here.
  const quoted = values.map((value) => value.replaceAll(/["\\\r\n]/g, '_'));
  const pairs = coverTexts(
    names.map((name, i) => `${name.replaceAll('@', '-')}="${quoted[i]}"`),
    mask,
  );
  if (pairs === null) return values;
  return values.map((value, i) => {
    const behind = pairs[i]!.subarray(Buffer.byteLength(names[i]!) + 2, -1).toString();
    return behind === quoted[i] ? value : behind;
  });
}

/** Each as bytes in which secrets are covered, without a change of length; null if there were none. All at once: most of what masking costs is to begin. */
function coverTexts(texts: readonly string[], mask: MaskStage): Buffer[] | null {
  const bytes = Buffer.concat(texts.flatMap((text) => [Buffer.from(text), BETWEEN]));
  if (mask.bytes(bytes) === 0) return null;
  let at = 0;
  return texts.map((text) => {
    const from = at;
    at += Buffer.byteLength(text) + BETWEEN.length;
    return bytes.subarray(from, at - BETWEEN.length);
  });
}
