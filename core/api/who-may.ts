import type { FastifyRequest } from 'fastify';
import { need } from '../../lib/doors/need.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { Scope } from '../../lib/tokens/token-file.ts';
import type { ApiParts } from './parts.ts';

/**
 * For what somebody is made responsible for, so that a request from this machine alone is not enough.
 * @returns the token's name @throws HeliographError HG_DOOR_TOKEN, HG_DOOR_SCOPE
 */
export function whoMay(
  { headers }: Pick<FastifyRequest, 'headers'>,
  { tokens, clock }: Pick<ApiParts, 'tokens' | 'clock'>,
  scope: Scope,
): string {
  const secret = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const token = secret === undefined ? null : tokens.find(secret, clock.now());
  if (token === null) {
    throw new HeliographError(
      'HG_DOOR_TOKEN',
      secret === undefined
        ? `send "Authorization: Bearer <token>"; heliograph token create NAME --scope ${scope} makes one`
        : 'the token is not known, or its time is over',
    );
  }
  need({ name: token.name, scopes: new Set(token.scopes) }, scope);
  return token.name;
}
