import { setFlagsFromString } from 'node:v8';

/** Of the room between what lived after the last collection and V8's limit, in percent. */
const BEGIN_AT = 80;
const AT_ONCE_AT = 95;
/** Started so, memory counts more than CPU. */
const NO_COMPILERS = '--no-opt';

/**
 * V8 begins to mark the heap once the room that is left is less than a new space may take (16 MiB). Of a heap as small as a collector's, with a limit of
 * twice what lives in it, that is always so: with many log lines all of it was marked again each second or two, for a sixth of the process's CPU. By parts
 * of the room it is marked when that is nearly used. Where Node was started without compilers, nothing is changed.
 */
export function markLate(): void {
  if (process.execArgv.includes(NO_COMPILERS)) return;
  setFlagsFromString(`--incremental-marking-soft-trigger=${BEGIN_AT}`);
  setFlagsFromString(`--incremental-marking-hard-trigger=${AT_ONCE_AT}`);
}
