import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { HeliographError } from '../errors.ts';

/** What lets somebody push. */
export const INGEST_SCOPES = ['ingest:metrics', 'ingest:logs'] as const;
/** For what a token can be made. Reading has none yet: the API listens on loopback only. `limits:write`: blocks and caps of series; `levels:write`: log levels of hosts; `alerts:write`: silences and acknowledgements. */
export const SCOPES = [...INGEST_SCOPES, 'limits:write', 'levels:write', 'alerts:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Begins every secret, so that one is recognised where it must not stand. */
const PREFIX = 'hgt_';

const tokenSchema = z.strictObject({
  name: z.string().min(1),
  /** SHA-256 of the secret, hex. The secret has 256 random bits, so a slow hash would gain nothing. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)),
  /** May name other hosts than itself. */
  anyHost: z.boolean(),
  created: z.number(),
  /** ms since the epoch; null: until it is revoked. */
  expires: z.number().nullable(),
});
const fileSchema = z.strictObject({ version: z.literal(1), tokens: z.array(tokenSchema) });

export type Token = z.output<typeof tokenSchema>;

/** All tokens of a file; none if there is no file. @throws HeliographError HG_TOKEN_FILE */
export function readTokens(file: string): Token[] {
  if (!existsSync(file)) return [];
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).tokens;
  } catch (cause) {
    throw new HeliographError('HG_TOKEN_FILE', `${file}: ${(cause as Error).message}`, { file }, cause);
  }
}

/**
 * Makes a token and gives its secret, which is kept nowhere.
 * @throws HeliographError HG_TOKEN_NAME when there is one of that name, HG_TOKEN_FILE
 */
export function createToken(file: string, token: Omit<Token, 'hash'>): string {
  const tokens = readTokens(file);
  if (tokens.some(({ name }) => name === token.name)) {
    throw new HeliographError('HG_TOKEN_NAME', `${token.name} is there already; revoke it first`, { name: token.name });
  }
  const secret = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  writeTokens(file, [...tokens, { ...token, hash: hashOf(secret) }]);
  return secret;
}

/** @throws HeliographError HG_TOKEN_NAME when there is none of that name, HG_TOKEN_FILE */
export function revokeToken(file: string, name: string): void {
  const tokens = readTokens(file);
  const left = tokens.filter((token) => token.name !== name);
  if (left.length === tokens.length) throw new HeliographError('HG_TOKEN_NAME', `${name} is not there`, { name });
  writeTokens(file, left);
}

/** Whole or not at all, and for this user's eyes. */
function writeTokens(file: string, tokens: readonly Token[]): void {
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw new HeliographError('HG_TOKEN_FILE', `${file}: ${(cause as Error).message}`, { file }, cause);
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const LOOK_EVERY_MS = 1000;

/** The tokens of a file, read again when it changes: one that is revoked is refused within a second. */
export class TokenList {
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  #byHash = new Map<string, Token>();
  #seen = '';
  #looked = Number.NEGATIVE_INFINITY;

  /** `onError`: told when the file cannot be read; then the tokens known before stay good. */
  constructor(file: string, onError: (error: unknown) => void) {
    this.#file = file;
    this.#onError = onError;
  }

  /** The token of a secret, if it is good at `now` (ms). */
  find(secret: string, now: number): Token | null {
    this.#look(now);
    const token = this.#byHash.get(hashOf(secret));
    return token && (token.expires === null || token.expires > now) ? token : null;
  }

  #look(now: number): void {
    if (now - this.#looked < LOOK_EVERY_MS && now >= this.#looked) return;
    this.#looked = now;
    const mark = existsSync(this.#file) ? statSync(this.#file) : null;
    const seen = mark ? `${mark.mtimeMs}/${mark.size}/${mark.ino}` : 'none';
    if (seen === this.#seen) return;
    try {
      this.#byHash = new Map(readTokens(this.#file).map((token) => [token.hash, token]));
      this.#seen = seen;
    } catch (error) {
      this.#onError(error);
    }
  }
}
