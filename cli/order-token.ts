import { HeliographError } from '../lib/errors.ts';
import type { Scope } from '../lib/tokens/token-file.ts';

/**
 * The token that an order is given with: HELIOGRAPH_TOKEN.
 * @param scope that it wants, for who has none
 * @throws HeliographError HG_CONFIG_VALUE
 */
export function orderToken(scope: Scope): string {
  const secret = process.env.HELIOGRAPH_TOKEN;
  if (secret) return secret;
  throw new HeliographError(
    'HG_CONFIG_VALUE',
    `HELIOGRAPH_TOKEN is not set; "heliograph token create NAME --scope ${scope} --data <the core's dataDir>" makes a token, and its name will stand beside the order`,
  );
}
