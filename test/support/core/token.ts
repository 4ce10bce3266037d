import { join } from 'node:path';
import { createToken, type Scope } from '../../../lib/tokens/token-file.ts';
import type { TestCore } from './core.ts';

/** A token of a core, good for a minute. @returns its secret */
export function tokenOf(core: Pick<TestCore, 'config'>, scope: Scope, name = 'alice'): string {
  return tokenIn((core.config as { dataDir: string }).dataDir, scope, name);
}

/** The same by the core's folder. */
export function tokenIn(dataDir: string, scope: Scope, name = 'alice'): string {
  const created = Date.now();
  const rights = { scopes: [scope], anyHost: false, created, expires: created + 60_000 };
  return createToken(join(dataDir, 'tokens.json'), { name, ...rights });
}
