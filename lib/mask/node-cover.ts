import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HeliographError } from '../errors.ts';
import { type Cover, coverWithHash, coverWithStars } from './cover.ts';
import type { MaskConfig } from './mask-schema.ts';

const SHORTEST_KEY = 16;
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** How secrets are covered by a configuration. @throws HeliographError HG_CONFIG_VALUE for a key that cannot be read, or is too short */
export function nodeCover({ way, keyFile }: Pick<MaskConfig, 'way' | 'keyFile'>): Cover {
  return way === 'hash' ? coverWithHash(readKey(keyFile!), sha256) : coverWithStars;
}

/** Without white space at its end. */
function readKey(file: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new HeliographError('HG_CONFIG_VALUE', `mask.keyFile: ${file} cannot be read: ${String(error)}`, { file });
  }
  const key = new TextEncoder().encode(text);
  if (key.length >= SHORTEST_KEY) return key;
  throw new HeliographError(
    'HG_CONFIG_VALUE',
    `mask.keyFile: ${file} has ${key.length} bytes, ${SHORTEST_KEY} at least are a key: openssl rand -hex 32 > ${file}`,
    { file },
  );
}
