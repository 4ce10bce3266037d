/** Where a page of metrics is. */
export interface TargetAddress {
  readonly protocol: 'http:' | 'https:';
  readonly host: string;
  readonly port: number;
  /** A Unix socket in place of host and port; null: none. */
  readonly socket: string | null;
  /** With its query; null: the job's. */
  readonly path: string | null;
  /** What it is called as an instance. */
  readonly name: string;
}

/** Reads an address; null: it is none. */
export function readAddress(text: string): TargetAddress | null {
  const unix = /^unix:(\/[^?#]+)$/.exec(text);
  if (unix) {
    const socket = unix[1]!;
    return { protocol: 'http:', host: 'localhost', port: 80, socket, path: null, name: socket };
  }
  if (/^[a-z]+:\/\//.test(text) && !/^https?:/.test(text)) return null;
  const written = /^https?:\/\//.test(text) ? text : `http://${text}`;
  let url: URL;
  try {
    url = new URL(written);
  } catch {
    return null;
  }
  if (url.hostname === '' || url.username !== '' || url.hash !== '') return null;
  const protocol = url.protocol as 'http:' | 'https:';
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port);
  const path = url.pathname === '/' && url.search === '' ? null : `${url.pathname}${url.search}`;
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    socket: null,
    path,
    name: `${url.hostname}:${port}`,
  };
}
