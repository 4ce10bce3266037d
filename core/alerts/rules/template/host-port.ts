import { isIP } from 'node:net';
import { hostPort } from '../../../../lib/host-port.ts';

/** Host and port as Go's net.SplitHostPort cuts them; null where it finds no port. */
function split(text: string): { host: string; port: string } | null {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text);
  return match ? { host: match[1] ?? match[2]!, port: match[3]! } : null;
}

/** web-1.example:9100 without its port; what has none stays as it is. */
export function stripPort(text: string): string {
  return split(text)?.host ?? text;
}

/** web-1.example:9100 without its domain: web-1:9100; an address stays as it is. */
export function stripDomain(text: string): string {
  const parts = split(text);
  const host = parts?.host ?? text;
  if (isIP(host.replace(/(?<=:.*)%.+$/, '')) !== 0) return text;
  const name = host.split('.')[0]!;
  return parts && parts.port !== '' ? hostPort({ host: name, port: parts.port }) : name;
}
