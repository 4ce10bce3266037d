/** Object identifiers as text: `1.3.6.1.2.1.1.3.0`, without a leading dot. */

/** The numbers of one. */
export function parts(oid: string): number[] {
  return oid.split('.').map(Number);
}

/** Whether `oid` lies below `root`, or is it. */
export function isUnder(root: string, oid: string): boolean {
  return oid === root || (oid.startsWith(root) && oid.charCodeAt(root.length) === 46);
}

/** Whether `next` comes after `oid` in the order of a walk (RFC 3416, 4.2.2: lexicographic by numbers). */
export function follows(oid: string, next: string): boolean {
  const a = parts(oid);
  const b = parts(next);
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return b[i]! > a[i]!;
  }
  return b.length > a.length;
}
