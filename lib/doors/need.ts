import { HeliographError } from '../errors.ts';
import type { Scope } from '../tokens/token-file.ts';
import type { Guest } from './doorkeeper.ts';

/** @throws HeliographError HG_DOOR_SCOPE */
export function need(guest: Pick<Guest, 'name' | 'scopes'>, scope: Scope): void {
  if (guest.scopes.has(scope)) return;
  throw new HeliographError('HG_DOOR_SCOPE', `${guest.name} has no ${scope}`, { name: guest.name, scope });
}
