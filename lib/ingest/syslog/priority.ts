/** Facilities by number (RFC 5424, 6.2.1), under the short names that syslog.conf has. */
export const FACILITIES: readonly string[] = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'audit', 'alert', 'clock'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

/** Severities by number, as RFC 5424 calls them. All are words that a line's level is read from. */
export const SEVERITIES: readonly string[] = [
  ...['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'],
];

const MOST = 191;

/**
 * `<PRI>` at `at` (RFC 5424, 6.2.1): where the text behind it begins, `found.value` the number. -1 if there is none: no digits, no end, more
 * than 191.
 */
export function readPriority(bytes: Uint8Array, at: number, to: number, found: { value: number }): number {
  if (at + 2 >= to || bytes[at] !== 60) return -1;
  let value = 0;
  let next = at + 1;
  for (const end = Math.min(to, at + 4); next < end; next++) {
    const digit = bytes[next]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (next === at + 1 || next >= to || bytes[next] !== 62 || value > MOST) return -1;
  found.value = value;
  return next + 1;
}
