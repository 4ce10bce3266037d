import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects what is garbage in this process, without an option of its command. */
export const collectGarbage = runInNewContext('gc') as () => void;
