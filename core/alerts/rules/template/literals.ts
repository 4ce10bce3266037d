import { parseString } from '../../../../lib/promql/literals.ts';
import { TemplateTrouble } from './trouble.ts';

/** The text of a string literal of Go, "..." or `...`. */
export function stringValue(literal: string, at: number): string {
  try {
    return parseString(literal, literal, 0);
  } catch {
    throw new TemplateTrouble('invalid syntax', at);
  }
}

/** The code point of a character constant of Go. */
export function characterValue(literal: string, at: number): bigint {
  const text = literal === "'\"'" ? '"' : stringValue(literal, at);
  const point = text.codePointAt(0);
  if (point === undefined || String.fromCodePoint(point) !== text) {
    throw new TemplateTrouble(`malformed character constant: ${literal}`, at);
  }
  return BigInt(point);
}

/** A number of Go: a bigint for what is a whole number there (`5`, `0x1f`), a double for the rest (`5.0`, `1e3`). */
export function numberValue(literal: string, at: number): number | bigint {
  const wrong = () => new TemplateTrouble(`bad number syntax: ${JSON.stringify(literal)}`, at);
  const [, sign, digits] = /^([+-]?)(.*)$/.exec(literal.replaceAll('_', ''))!;
  const octal = /^0[0-7]+$/.test(digits!) ? `0o${digits!.slice(1)}` : digits!;
  if (/^(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|0|[1-9]\d*)$/.test(octal)) {
    const value = BigInt(octal);
    if (value >= 2n ** 63n) throw new TemplateTrouble(`integer overflow: ${JSON.stringify(literal)}`, at);
    return sign === '-' ? -value : value;
  }
  if (!/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits!)) throw wrong();
  const value = Number(digits);
  if (!Number.isFinite(value)) throw wrong();
  return sign === '-' ? -value : value;
}
