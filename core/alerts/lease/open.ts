import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import type { KafkaConfig } from '../../engines/kafka/config.ts';
import type { StatePlace } from '../notify/state/record.ts';
import type { LeaseConfig } from './config.ts';
import { FileLease } from './file-lease.ts';
import { FolderPlace } from './folder-place.ts';
import type { Lease } from './lease.ts';

export interface LeaseParts {
  readonly config: LeaseConfig;
  readonly kafka: KafkaConfig;
  /** What names this core, over its restarts. */
  readonly owner: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A lease, and where those that share it keep what they know. */
export interface SharedLease {
  readonly lease: Lease;
  readonly place: StatePlace;
}

/** @throws HeliographError HG_ALERT_LEASE for a folder that cannot be used */
export async function openLease(parts: LeaseParts): Promise<SharedLease> {
  const { config, owner, clock, log } = parts;
  if (config.file === undefined) return (await import('./open-kafka.ts')).openKafkaLease(parts);
  const folder = join(config.file, config.name);
  try {
    await mkdir(folder, { recursive: true });
    const place = new FolderPlace({ folder, owner, now: () => clock.now(), log });
    const lease = new FileLease({
      ...{ name: config.name, folder, owner, log },
      newest: () => place.newestGeneration(),
      onTake: () => place.catchUp(),
      mono: () => clock.mono(),
    });
    await lease.open();
    return { lease, place };
  } catch (cause) {
    throw new HeliographError('HG_ALERT_LEASE', `${folder}: ${String(cause)}`, { folder }, cause);
  }
}
