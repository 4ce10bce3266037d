import { HeliographError } from '../../lib/errors.ts';
import type { QueryStream } from './evaluate.ts';

/** Text is put into bytes in pieces of about this many characters. */
const PIECE = 1 << 20;
/** Larger answers help nobody and cost memory in every program on the way. */
const MAX_BYTES = 256 << 20;

/**
 * Prometheus' `data` as JSON text, at most `limit` series (0: all), made series by series so that memory holds it once.
 * @param check called again and again; ends it by throwing
 * @throws HeliographError HG_QUERY_LIMIT over 256 MiB
 */
export function answerJson(
  stream: QueryStream,
  limit: number,
  check: () => void,
): { json: Uint8Array<ArrayBuffer>; cut: boolean } {
  if (stream.resultType !== 'vector' && stream.resultType !== 'matrix') {
    return { json: new TextEncoder().encode(JSON.stringify(stream)), cut: false };
  }
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let text = `{"resultType":"${stream.resultType}","result":[`;
  const flush = () => {
    const piece = encoder.encode(text);
    text = '';
    bytes += piece.length;
    pieces.push(piece);
    if (bytes > MAX_BYTES) {
      throw new HeliographError(
        'HG_QUERY_LIMIT',
        `the answer is larger than ${MAX_BYTES >> 20} MiB; ask for fewer series, a shorter range or a longer step`,
        { bytes, limit: MAX_BYTES },
      );
    }
  };
  let series = 0;
  let cut = false;
  for (const one of stream.result) {
    check();
    if (limit > 0 && series === limit) {
      cut = true;
      break;
    }
    text += series++ === 0 ? JSON.stringify(one) : `,${JSON.stringify(one)}`;
    if (text.length > PIECE) flush();
  }
  text += ']}';
  flush();
  const json = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    json.set(piece, at);
    at += piece.length;
  }
  return { json, cut };
}
