import { HeliographError } from '../../../lib/errors.ts';
import type { Alerts } from '../../alerts/open.ts';
import type { ApiParts } from '../parts.ts';

/** @throws HeliographError HG_API_ALERTS where another process of this core has them */
export function alertsOf({ alerts }: Pick<ApiParts, 'alerts'>): Alerts {
  if (alerts) return alerts;
  throw new HeliographError('HG_API_ALERTS', 'ask the process of this core that has the role alerts');
}
