import { hash32 } from './hash32.ts';

/** The longest tail has fewer bytes. */
const MOST_BYTES = 256;
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const USERS = 1_000_000;

/** What stands between the parts of a tail. */
interface Pieces {
  readonly request: Uint8Array;
  readonly user: Uint8Array;
  readonly run: Uint8Array;
  readonly end: Uint8Array;
}

/**
 * The part of a line that is its own: who asked, the run, and the line's number (`seq`), so that a missing, doubled or altered one can be
 * named. In a JSON object it stands inside, so that a reader of JSON can read it.
 */
export class LineTails {
  readonly #plain: Pieces;
  readonly #json: Pieces;
  readonly #text = Buffer.alloc(MOST_BYTES);

  /** @param run stands in each line: the lines of two runs of the same hosts can be told apart */
  constructor(run: string) {
    const pieces = (request: string, user: string, seq: string, end: string): Pieces => ({
      request: Buffer.from(request),
      user: Buffer.from(user),
      run: Buffer.from(seq),
      end: Buffer.from(end),
    });
    this.#plain = pieces(' request=', ' user=', ` run=${run} seq=`, '');
    this.#json = pieces(',"request":"', '","user":', `,"run":"${run}","seq":"`, '"}');
  }

  /** Writes a line's tail; returns where it ends. */
  write(into: Uint8Array, at: number, host: number, number: number, json: boolean): number {
    const { request, user, run, end } = json ? this.#json : this.#plain;
    at = put(into, at, request);
    const id = hash32(host, number, 10);
    for (let shift = 28; shift >= 0; shift -= 4) into[at++] = HEX[(id >>> shift) & 15]!;
    at = put(into, at, user);
    at = putNumber(into, at, hash32(host, number, 3) % USERS);
    at = put(into, at, run);
    at = putNumber(into, at, host);
    into[at++] = 46;
    at = putNumber(into, at, number);
    return put(into, at, end);
  }

  /** The same as text. */
  text(host: number, number: number, json: boolean): string {
    return this.#text.toString('latin1', 0, this.write(this.#text, 0, host, number, json));
  }
}

/** What a line's tail says of it; null: it is nobody's here. */
export function tailOf(
  message: string,
): { readonly run: string; readonly host: number; readonly number: number } | null {
  const found = TAIL.exec(message);
  return found && { run: (found[1] ?? found[2])!, host: Number(found[3]), number: Number(found[4]) };
}

const TAIL = /(?: run=(\w+) seq=|,"run":"(\w+)","seq":")(\d+)\.(\d+)(?:"\})?$/;

function put(into: Uint8Array, at: number, piece: Uint8Array): number {
  // A call of `set` costs more than a few bytes.
  for (let i = 0; i < piece.length; i++) into[at + i] = piece[i]!;
  return at + piece.length;
}

/** Digits of a whole number from 0 on. */
function putNumber(into: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  for (let i = at + digits - 1; i >= at; i--) {
    into[i] = 48 + (value % 10);
    value = Math.floor(value / 10);
  }
  return at + digits;
}
