/** Log columns: the builder, the decoder, and the line between them. */
export { type Compress, LogFrameBuilder } from './log-builder.ts';
export { decodeLogColumns, type LogTools, readLogColumns, type Unzstd, unpack } from './log-decoder.ts';
export type { LogLine } from './log-line.ts';
