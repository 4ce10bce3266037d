import { createHash } from 'node:crypto';
import { Relabeler } from './relabeler.ts';
import type { RelabelKind, RelabelRule } from './rule.ts';

/** Rules made ready with what Node has. @throws Error as `Relabeler` */
export function nodeRelabeler(rules: readonly RelabelRule[], kind: RelabelKind): Relabeler {
  return new Relabeler(rules, kind, {
    md5: (bytes) => createHash('md5').update(bytes).digest(),
    utf8Bytes: (text) => new TextEncoder().encode(text),
  });
}
