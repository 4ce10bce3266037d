/**
 * Every limit of the wire, in one place. An encoder refuses to pass them; a decoder refuses what passes them before it
 * allocates for it. They are part of version 1: a larger one needs a new version or an agreement by status.
 */
export const WIRE_VERSION = 1;

export const LIMITS = {
  /** Bytes of one frame. */
  frameBytes: 1 << 20,
  /** Bytes of one definition. */
  definitionBytes: 1 << 18,
  /** Series of one page. */
  seriesPerPage: 256,
  /** Label pairs of one series, without its name. */
  labelsPerSeries: 64,
  /** Bytes of a metric name, a label name or a label value. */
  labelBytes: 4096,
  /** Instants of one section of a metric frame. */
  instants: 256,
  /** Sections (pages) of one metric frame. */
  sections: 1024,
  /** Values of one metric frame over all sections, absent ones included: what a decoder allocates, at 8 bytes each. */
  valuesPerFrame: 1 << 18,
  /** Lines of one log frame. */
  lines: 16_384,
  /** Bytes of a log frame's columns before compression. */
  logRawBytes: 1 << 23,
  /** Distinct strings of one log frame's dictionary, and distinct field sets. */
  dictionary: 1 << 16,
  /** Fields of one line. */
  fieldsPerLine: 256,
  /** Field pairs of all lines of a frame after the dictionary is applied. */
  fieldPairs: 1 << 18,
  /** Characters (UTF-16 units) of level, service and fields of all lines of a frame after the dictionary is applied. */
  logTextUnits: 1 << 25,
  /** Bytes of one message: half a frame, so that a line always fits into an empty one. */
  messageBytes: 1 << 19,
  /** Events of one frame, and declared drops of one gap frame. */
  records: 4096,
  /** Quantiles, bounds and further outputs of one roll-up rule, each. */
  sketchNumbers: 256,
  /** Buckets from the first to the last of each side of each sketch of a frame, empty ones included: what a decoder allocates, at 8 bytes each. */
  sketchCells: 1 << 20,
  /** Facts of one event. */
  facts: 256,
  /** Bytes of a short text: host, relay, reason, type, level, service. */
  nameBytes: 256,
  /** Bytes of a block before and after compression. */
  blockBytes: 1 << 24,
  /** Frames of a block. */
  framesPerBlock: 1 << 16,
  /** Bytes of a status, control or desired message. */
  messageMapBytes: 1 << 18,
  /** Hashes of one `need` list. */
  hashes: 4096,
  /** Nesting of arrays and maps. */
  depth: 16,
  /** Times and integers: what a double holds exactly. */
  integer: Number.MAX_SAFE_INTEGER,
} as const;
