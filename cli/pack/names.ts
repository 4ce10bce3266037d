import type { LoadedProfile } from '../../collector/node/profile/load.ts';

/** Of the package, its user, its folders and its service. */
export const NAME = 'heliograph-collector';
export const PROGRAM = `usr/lib/${NAME}`;
/** Node in the package, and where it is when it is the device's own. */
export const NODE = { bundled: `/${PROGRAM}/bin/node`, device: '/usr/bin/node' } as const;

/** Where the spool is. Under OpenWrt /var is memory, and what must survive a restart stands elsewhere. */
export function stateFolder({ packaging }: LoadedProfile): string {
  return packaging.init === 'procd' ? `/srv/${NAME}` : `/var/lib/${NAME}`;
}
