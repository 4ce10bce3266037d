import type { TextTools } from './mask.ts';

/** Texts and bytes by Node. */
export const nodeText: TextTools = {
  utf8: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
  utf8Bytes: (text) => Buffer.from(text),
};
