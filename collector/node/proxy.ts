import { BlockList, isIP } from 'node:net';
import { HeliographError } from '../../lib/errors.ts';

/** An HTTP proxy that opens tunnels with CONNECT (RFC 9110, 9.3.6). */
export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  /** For Proxy-Authorization: the user and the secret of its URL (RFC 7617); null: it asks for none. */
  readonly authorization: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a proxy is written. */
export const PROXY_FORM = 'write a proxy such as http://proxy.example:3128 or http://user:secret@proxy.example:3128';
const HTTP_PORT = 80;

/** The proxy that a URL names; null: it names none that can be used. */
export function parseProxy(text: string): HttpProxy | null {
  let url: URL;
  try {
    url = new URL(text);
    if (url.protocol !== 'http:' || url.hostname === '' || url.pathname !== '/' || url.search !== '') return null;
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? HTTP_PORT : Number(url.port),
      authorization: login === ':' ? null : `Basic ${Buffer.from(login).toString('base64')}`,
    };
  } catch (error) {
    // Not a URL, or one with a percent sign that stands for nothing.
    if (error instanceof TypeError || error instanceof URIError) return null;
    throw error;
  }
}

/**
 * The proxy on the way to a relay; null: none. What the configuration says goes before the environment. There
 * https_proxy or else HTTPS_PROXY names it, and no_proxy or else NO_PROXY the hosts that are reached without; this machine
 * itself always is.
 * @throws HeliographError HG_PROXY_SETTING where the environment's cannot be used
 */
export function proxyFor(
  relay: { readonly host: string; readonly port: number },
  setting: HttpProxy | 'none' | undefined,
  environment: Environment,
): HttpProxy | null {
  if (setting !== undefined) return setting === 'none' ? null : setting;
  const named = environment.https_proxy ? 'https_proxy' : 'HTTPS_PROXY';
  const text = environment[named];
  if (!text || isThisMachine(relay.host) || isLeftOut(relay, environment.no_proxy || environment.NO_PROXY || ''))
    return null;
  const proxy = parseProxy(text);
  // The text may hold a secret.
  if (!proxy)
    throw new HeliographError('HG_PROXY_SETTING', `${named}: ${PROXY_FORM}; or set proxy in the configuration`);
  return proxy;
}

function isThisMachine(host: string): boolean {
  if (isIP(host) === 0) return /^(.+\.)?localhost$/i.test(host);
  return isWithin(host, '127.0.0.0/8') || isWithin(host, '::1');
}

/**
 * Whether a list as NO_PROXY has them names a host: `*` all; `example.com` or `.example.com` that name and those below it;
 * an address itself; `10.0.0.0/8` those in it; each with `:port` for that port only. Separated by commas or blanks.
 */
function isLeftOut({ host, port }: { readonly host: string; readonly port: number }, list: string): boolean {
  const name = host.toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, bracketed, plain, at] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [null, null, entry, null];
      if (at && Number(at) !== port) return false;
      const what = bracketed ?? plain!;
      if (isIP(name) !== 0) return isWithin(name, what);
      const domain = what.replace(/^\*?\./, '');
      return name === domain || name.endsWith(`.${domain}`);
    });
}

function isWithin(address: string, what: string): boolean {
  const [net, bits] = what.split('/', 2);
  const version = isIP(net!);
  if (version === 0 || version !== isIP(address)) return false;
  const most = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(net!, prefix, family);
  return list.check(address, family);
}
