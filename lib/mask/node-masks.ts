import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HeliographError } from '../errors.ts';
import { type Cover, coverWithHash, coverWithStars } from './cover.ts';
import { masksOf } from './kinds.ts';
import { type Mask, MaskStage, type TextTools } from './mask.ts';
import type { MaskConfig } from './mask-schema.ts';
import { ownMask } from './own-rule.ts';

const SHORTEST_KEY = 16;
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The masks of a configuration, with what Node has. @throws HeliographError HG_CONFIG_VALUE for a key that cannot be read, or is too short */
export function nodeMasks({ kinds, way, keyFile, rules }: MaskConfig): Mask[] {
  const cover: Cover = way === 'hash' ? coverWithHash(readKey(keyFile!), sha256) : coverWithStars;
  const own = rules.map((rule) => ({ ...ownMask(rule, cover), stars: ownMask(rule, coverWithStars) }));
  return [...masksOf(kinds, cover), ...own];
}

/** Texts and bytes by Node. */
export const nodeText: TextTools = {
  utf8: (bytes, from, to) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString(),
  utf8Bytes: (text) => Buffer.from(text),
};

/** The stage of a configuration, for what comes by a door or stands in a file. @throws HeliographError as `nodeMasks` */
export function nodeMaskStage(config: MaskConfig): MaskStage {
  return new MaskStage(nodeText, nodeMasks(config));
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
