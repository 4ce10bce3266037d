import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Place } from './setup.ts';

/** A second relay beside the one of a place, with its authority, its core and its folder. It is the relay of it that is to be closed, and nothing else. */
export async function secondRelay(first: Place, settings: Record<string, unknown> = {}): Promise<Place> {
  const place = new Place();
  rmSync(place.directory, { recursive: true });
  await first.issue('relay2', 'relay');
  const ca = first.authority.directory;
  Object.assign(place, { authority: first.authority, core: first.core });
  await place.startRelay({
    name: 'relay2',
    dataDir: join(first.directory, 'relay2'),
    tls: { ca: `${ca}/ca.pem`, cert: `${ca}/relay2.pem`, key: `${ca}/relay2.key`, check: '50ms' },
    cores: [`127.0.0.1:${first.core.port}`],
    ...settings,
  });
  return place;
}
