import { nearest } from './nearest.ts';

/** Names of keys whose values nobody else is to see; `passwordFile` only says where one is. */
const SECRET_KEY = /(password|passphrase|community|secret|token|authorization|api_?key)$/i;
const SECRETS = ['password', 'passphrase', 'community', 'secret', 'token', 'authorization'];
const MOST = 80;

/**
 * A value of a configuration as text for an error, which goes to terminals and journals: cut, and without what may be a secret. Of maps and lists
 * only what they are; nothing of keys that are secret, or a slip of the finger away from it, and of HTTP headers; of a URL not who asks.
 */
export function shown(path: readonly PropertyKey[], value: unknown): string {
  if (isSecret(path)) return 'not shown here';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) {
    return `a map with ${Object.keys(value).join(', ').slice(0, MOST) || 'nothing'}`;
  }
  return JSON.stringify(typeof value === 'string' ? covered(value, path.at(-1) === 'proxy') : value)?.slice(0, MOST);
}

function isSecret(path: readonly PropertyKey[]): boolean {
  if (path.some((key) => SECRET_KEY.test(String(key)) || key === 'headers')) return true;
  // Maps with a secret inside, where somebody wrote the secret itself.
  const last = path.at(-1);
  if (last === 'auth' || last === 'privacy' || (path.at(-2) === 'credentials' && typeof last === 'string')) return true;
  // The last word of authPasword, auth_pasword.
  const word = String(last)
    .split(/(?=[A-Z])|[_-]/)
    .at(-1)!;
  return nearest(word, SECRETS) !== null;
}

/** `https://***@host/?token=***`. A password may hold any character, so all before the last @ is covered. */
function covered(text: string, always: boolean): string {
  const asks = always || /:.*@/s.test(text) ? text.replace(/^([a-z][\w+.-]*:\/\/)?.*@/is, '$1***@') : text;
  return asks.replace(/([?&][^=&]*(?:password|secret|token|key)=)[^&]*/gi, '$1***');
}
