/** Segments of definitions are small, so that what is not needed any more goes soon. */
export const DEFINITION_SEGMENT_BYTES = 8 * 1024 * 1024;
