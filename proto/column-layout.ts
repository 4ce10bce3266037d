/** The parts of a metric section's columns that encoder and decoder share. docs/wire.md has the layout byte by byte. */
export const FLAG_ABSENT = 1;
/** The exponents that are not the base value's own stand in a list; or those of all changed columns, four bits each. */
export const FLAG_EXPONENTS = 2;
export const FLAG_EXPONENT_ROW = 16;
/** The changed columns stand as a bitmap, or as a list of gaps (shorter when few changed); neither: no column changed. */
export const FLAG_BITMAP = 4;
export const FLAG_GAPS = 8;
/** A stated exponent that says: the base value's own. Never on the wire. */
export const NOT_STATED = 255;
export const FLAGS = FLAG_ABSENT | FLAG_EXPONENTS | FLAG_BITMAP | FLAG_GAPS | FLAG_EXPONENT_ROW;

/** How a changed column's instants follow the first: two bits a column, when there are two instants or more. */
export const MODE_DELTAS = 0;
/** First delta, then differences of differences: a counter that grows steadily. */
export const MODE_SECOND = 1;
/** A bitmap of the instants that changed, and their deltas. */
export const MODE_SPARSE = 2;
/** Only the first instant differs from the base; the others repeat it. */
export const MODE_STEP = 3;

/** Deltas up to this keep their zigzag form exact in a double. */
export const MAX_DELTA: number = 2 ** 52 - 1;
