/** Processes that take collectors in, of one relay: more than the processor cores that one port has use for. */
export const MOST_WORKERS = 32;
