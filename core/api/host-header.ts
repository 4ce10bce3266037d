import { HeliographError } from '../../lib/errors.ts';

/** `name` of `name:port`, `[::1]:port`; lower case. */
function nameOf(host: string): string {
  const bracket = /^\[([^\]]+)\](:\d+)?$/.exec(host);
  return (bracket ? bracket[1]! : host.replace(/:\d+$/, '')).toLowerCase();
}

/**
 * A check against DNS rebinding: a page of another site may make a browser call this loopback address under that site's
 * name, and then the Host header (and Origin, where there is one) gives it away.
 */
export function hostCheck(allowed: readonly string[]): (headers: { host?: string; origin?: string }) => void {
  const names = new Set(['localhost', '127.0.0.1', '::1', ...allowed.map((name) => name.toLowerCase())]);
  return ({ host, origin }) => {
    if (host === undefined || !names.has(nameOf(host))) {
      throw new HeliographError(
        'HG_CORE_HTTP_HOST',
        `Host ${JSON.stringify(host ?? '')}; add it to http.hosts if it is yours`,
      );
    }
    if (origin === undefined) return;
    const from = URL.canParse(origin) ? nameOf(new URL(origin).host) : origin;
    if (!names.has(from)) {
      throw new HeliographError(
        'HG_CORE_HTTP_HOST',
        `Origin ${JSON.stringify(origin)}; add it to http.hosts if it is yours`,
      );
    }
  };
}
