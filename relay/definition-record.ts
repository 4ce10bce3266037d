import { HeliographError } from '../lib/errors.ts';
import { LIMITS } from '../proto/limits.ts';
import { decodeDefinition } from '../proto/page.ts';
import { spokenInstances } from '../proto/spoken-instance.ts';

/** What the index keeps of a definition's content. */
export interface DefinitionOutline {
  readonly kind: 'page' | 'base';
  /** Series that a page names; 0 for a base row, which names none. */
  readonly series: number;
  /** Whom else than the sender a page's series are of; null: nobody. */
  readonly instances: readonly string[] | null;
}

/** @throws HeliographError of proto/ when it is no definition */
export function outlineOf(content: Uint8Array): DefinitionOutline {
  if (content.length > LIMITS.definitionBytes) {
    throw new HeliographError(
      'HG_RELAY_OVERSIZED',
      `a definition of ${content.length} bytes, ${LIMITS.definitionBytes} allowed`,
    );
  }
  const read = decodeDefinition(content);
  if (read.kind !== 'page') return { kind: 'base', series: 0, instances: null };
  return { kind: 'page', series: read.series.length, instances: spokenInstances(read.series) };
}

/** Null: one that a later version wrote, say; frames that name it ask for it again. */
export function outlineOrNull(content: Uint8Array): DefinitionOutline | null {
  try {
    return outlineOf(content);
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
