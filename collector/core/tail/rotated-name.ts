/** What rotation puts behind a name: numbers, dates, times. */
const BEHIND = /([-._]\d[\dT:]*)*$/;
/** A date before the extension, and perhaps a number or a time behind it. A number alone there may be another program's, as in `worker-2.log`. */
const INSIDE = /[-._]\d{4}[-._]?\d{2}[-._]?\d{2}([-._T]\d[\d:]*)*(?=\.[^./]*$)/;

/**
 * The names that a rotated file may have had while it was written: `app.log` for `app.log.1`, `app.log-20260101`, `app.log.2.gz` and
 * `app-2026-01-01.log`; the name itself where it has nothing of a rotation.
 */
export function namesBeforeRotation(path: string): readonly string[] {
  const unpacked = path.endsWith('.gz') ? path.slice(0, -3) : path;
  return [unpacked.replace(BEHIND, ''), unpacked.replace(INSIDE, '')];
}

/** The name that a file was written under, if it has that of a rotated one; else its own. */
export function nameBeforeRotation(path: string): string {
  return namesBeforeRotation(path).find((name) => name !== path) ?? path;
}

/** Whether a file is a rotated one of `path`. */
export function isRotated(rotated: string, path: string): boolean {
  return rotated !== path && namesBeforeRotation(rotated).includes(path);
}
