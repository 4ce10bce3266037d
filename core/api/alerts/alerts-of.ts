import { HeliographError } from '../../../lib/errors.ts';
import type { Alerts } from '../../alerts/open.ts';
import type { ApiParts } from '../parts.ts';

/** @throws HeliographError HG_ALERT_UNKNOWN where another process of this core has them */
export function alertsOf({ alerts }: Pick<ApiParts, 'alerts'>): Alerts {
  if (alerts) return alerts;
  throw new HeliographError(
    'HG_ALERT_UNKNOWN',
    'this process of the core has no alerts; ask the one with the role console',
  );
}
