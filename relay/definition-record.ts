import { HeliographError } from '../lib/errors.ts';
import { LIMITS } from '../proto/limits.ts';
import { decodeDefinition } from '../proto/page.ts';

/** @throws HeliographError of proto/ when it is no definition */
export function kindOf(content: Uint8Array): 'page' | 'base' {
  if (content.length > LIMITS.definitionBytes) {
    throw new HeliographError(
      'HG_RELAY_OVERSIZED',
      `a definition of ${content.length} bytes, ${LIMITS.definitionBytes} allowed`,
    );
  }
  return decodeDefinition(content).kind;
}

/** Null: one that a later version wrote, say; frames that name it ask for it again. */
export function kindOrNull(content: Uint8Array): 'page' | 'base' | null {
  try {
    return kindOf(content);
  } catch (error) {
    if (error instanceof HeliographError) return null;
    throw error;
  }
}

/** u8 version, u8 host length, host, content. */
export function closeRecord(host: string, content: Uint8Array): Uint8Array {
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([1, name.length]), name, content]);
}

export function openRecord(bytes: Uint8Array): { host: string; content: Uint8Array } | null {
  if (bytes.length < 2 || bytes[0] !== 1) return null;
  const end = 2 + bytes[1]!;
  return { host: Buffer.from(bytes.subarray(2, end)).toString(), content: bytes.subarray(end) };
}
