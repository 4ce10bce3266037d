import { HeliographError } from '../../../lib/errors.ts';

/** Another process of this core has the alerts. */
export function elsewhere(): HeliographError {
  return new HeliographError('HG_API_ALERTS', 'ask the process of this core that has the role alerts');
}
