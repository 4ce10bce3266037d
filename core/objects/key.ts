import { HeliographError } from '../../lib/errors.ts';

const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 200;

/** Throws HG_OBJECT_KEY unless the key is `/`-separated parts that name files below the folder and nowhere else. */
export function checkKey(key: string): void {
  const refuse = (why: string): never => {
    throw new HeliographError('HG_OBJECT_KEY', `${JSON.stringify(key.slice(0, 200))}: ${why}`);
  };
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) refuse(`longer than ${MAX_KEY_BYTES} bytes`);
  if (/[\\\u0000-\u001f\u007f]/.test(key)) refuse('a backslash or control character');
  if (!key.isWellFormed()) refuse('not well-formed Unicode');
  for (const part of key.split('/')) {
    if (part === '') refuse('an empty part');
    if (part === '.' || part === '..') refuse(`the part ${part}`);
    if (part.endsWith('~')) refuse('a part that ends in ~');
    if (Buffer.byteLength(part) > MAX_PART_BYTES) refuse(`a part longer than ${MAX_PART_BYTES} bytes`);
  }
}
