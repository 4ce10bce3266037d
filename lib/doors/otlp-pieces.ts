import { jsonForm, jsonParts, type ListPath } from '../ingest/json-parts.ts';
import { Parts } from '../ingest/parts.ts';
import { type Piece, pieces } from '../ingest/pieces.ts';
import { readProtobuf } from '../ingest/protobuf.ts';
import { protobufForm, protobufParts, type TagPath } from '../ingest/protobuf-parts.ts';
import type { OtlpForm, Signal } from './otlp.ts';

/** How large a request is before it is read piece by piece, and how much may be in it. */
export interface PieceLimits {
  readonly bytes: number;
  /** Values of JSON of one piece. */
  readonly values: number;
  /** Resources, scopes, metrics, points and records of the whole request. */
  readonly elements: number;
}

/** A piece, and how it stands to the others. */
export interface PlacedPiece {
  readonly bytes: Uint8Array;
  /** It goes on with the resource of the one before. */
  readonly continues: boolean;
  /** The next one goes on with its last resource. */
  readonly goesOn: boolean;
}

const NAMES: Readonly<Record<Signal, ListPath>> = {
  metrics: [
    ['resourceMetrics', 'resource_metrics'],
    ['scopeMetrics', 'scope_metrics'],
    ['metrics'],
    // gauge, sum, histogram ...
    null,
    ['dataPoints', 'data_points'],
  ],
  logs: [
    ['resourceLogs', 'resource_logs'],
    ['scopeLogs', 'scope_logs'],
    ['logRecords', 'log_records'],
  ],
};
/** Tags of proto/otlp. */
const TAGS: Readonly<Record<Signal, TagPath>> = {
  metrics: [[10], [18], [18], [42, 58, 74, 82, 90], [10]],
  logs: [[10], [18], [18]],
};

/** An export request as several smaller ones. @throws HeliographError HG_DOOR_SYNTAX, HG_DOOR_BODY */
export function* otlpPieces(
  signal: Signal,
  form: OtlpForm,
  bytes: Uint8Array,
  limits: PieceLimits,
): Generator<PlacedPiece> {
  let before: Piece | null = null;
  const isOne = (a: Piece | null, b: Piece | null) => a !== null && b !== null && a.of !== null && a.of === b.of;
  const all = divided(signal, form, bytes, limits);
  for (let next = all.next(); !next.done; ) {
    const piece = next.value;
    next = all.next();
    const goesOn = isOne(piece, next.done ? null : next.value);
    yield { bytes: piece.bytes, continues: isOne(before, piece), goesOn };
    before = piece;
  }
}

function divided(signal: Signal, form: OtlpForm, bytes: Uint8Array, limits: PieceLimits): Generator<Piece> {
  const parts = new Parts(limits.elements);
  if (form === 'json') {
    const root = jsonParts(bytes, NAMES[signal], limits.bytes, parts);
    return root.children === null ? whole(bytes) : pieces(root, jsonForm(bytes), limits.bytes);
  }
  const root = readProtobuf(
    `OTLP ${signal} request`,
    bytes,
    (reader) => protobufParts(reader, TAGS[signal], limits.bytes),
    parts,
  );
  return pieces(root, protobufForm(bytes), limits.bytes);
}

function* whole(bytes: Uint8Array): Generator<Piece> {
  yield { bytes, of: null };
}
