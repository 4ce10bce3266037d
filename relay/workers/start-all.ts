import type { Logger } from '../../lib/log.ts';
import type { Slot } from './slot.ts';

/**
 * The first start of all workers. Where some cannot start, their folder cannot be opened say, the others serve, and those are
 * tried again like workers that ended.
 * @throws HeliographError what the first worker said, where none that takes collectors in stands
 */
export async function startAll(slots: readonly Slot[], log: Logger): Promise<void> {
  const failed = new Map<Slot, Error>();
  await Promise.all(
    slots.map((slot) =>
      slot.start().catch((error: Error) => {
        failed.set(slot, error);
      }),
    ),
  );
  const taking = slots.filter(({ takesIn }) => takesIn);
  if (taking.every((slot) => failed.has(slot))) throw failed.get(taking[0]!)!;
  for (const [slot, error] of failed) {
    log.error('a worker cannot start; the others serve, and it is tried again', {
      worker: slot.worker,
      error: error.message,
    });
    slot.keepTrying(error);
  }
}
