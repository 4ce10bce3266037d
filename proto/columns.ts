/** Metric columns: the encoder, the decoder, and the shape between them. */
export { type Columns, columnInstants, decodeColumns } from './column-decoder.ts';
export { ColumnEncoder } from './column-encoder.ts';
