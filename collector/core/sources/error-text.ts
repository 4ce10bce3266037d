/** What file systems answer when they are asked how full they are, in the C library's lower-case words, as node_exporter has them. */
const TEXTS: Readonly<Record<number, string>> = {
  1: 'operation not permitted',
  2: 'no such file or directory',
  4: 'interrupted system call',
  5: 'input/output error',
  6: 'no such device or address',
  12: 'cannot allocate memory',
  13: 'permission denied',
  19: 'no such device',
  20: 'not a directory',
  36: 'file name too long',
  40: 'too many levels of symbolic links',
  103: 'software caused connection abort',
  107: 'transport endpoint is not connected',
  110: 'connection timed out',
  112: 'host is down',
  113: 'no route to host',
  116: 'stale NFS file handle',
  126: 'required key not available',
};

/** The words for a negative errno of Linux. */
export function errorText(errno: number): string {
  return TEXTS[-errno] ?? `errno ${-errno}`;
}
