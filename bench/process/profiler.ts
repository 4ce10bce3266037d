import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

/** What a parent sends to a process of a benchmark whose CPU it wants to see. */
export interface ProfileOrder {
  /** A name begins a profile; null ends it, and writes NAME.cpuprofile. */
  readonly profile: string | null;
}

/** Takes such orders: a profile of the stretch that counts, without what came before it. The folder is made by who asks. */
export function obeyProfiler(folder: string): void {
  let session: Session | null = null;
  let name = '';
  process.on('message', async (order: Partial<ProfileOrder>) => {
    if (order.profile === undefined) return;
    if (order.profile !== null) {
      name = order.profile;
      session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      return;
    }
    const { profile } = await session!.post('Profiler.stop');
    session!.disconnect();
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
  });
}
