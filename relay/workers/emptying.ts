import type { Ledger } from '../../lib/ledger.ts';
import type { Logger } from '../../lib/log.ts';
import type { HostMemory } from '../part.ts';
import type { Directory } from './directory.ts';
import { markEmptied } from './left-folders.ts';
import type { WorkerPages } from './pages.ts';
import { folderOf } from './share.ts';
import type { Slot } from './slot.ts';

/** Hosts whose memory goes to another worker in one message. */
const MEMORIES = 500;

/**
 * Folders of more workers than there are now: each is delivered by a worker without a door; then what it knew goes to the first
 * worker and its last account to the core, and it is left alone.
 */
export class Emptying {
  readonly #home: string;
  readonly #slots: Map<number, Slot>;
  readonly #directory: Directory;
  readonly #pages: WorkerPages;
  readonly #log: Logger;
  readonly #busy = new Set<number>();
  /** Why one is not emptied yet, as it was told last: a core may be away for hours. */
  readonly #told = new Map<number, string>();

  constructor(options: {
    home: string;
    /** All workers; one whose folder is empty is taken out. */
    slots: Map<number, Slot>;
    directory: Directory;
    pages: WorkerPages;
    log: Logger;
  }) {
    this.#home = options.home;
    this.#slots = options.slots;
    this.#directory = options.directory;
    this.#pages = options.pages;
    this.#log = options.log;
  }

  /** Called now and then: goes on with those that have nothing to deliver any more. */
  look(): void {
    for (const [worker, slot] of this.#slots) {
      if (slot.takesIn || this.#busy.has(worker) || !slot.up || !this.#slots.get(0)!.up) continue;
      this.#busy.add(worker);
      this.#empty(slot)
        .catch((error) => this.#tell(worker, String(error)))
        .finally(() => this.#busy.delete(worker));
    }
  }

  #tell(worker: number, error: string): void {
    if (this.#told.get(worker) !== error)
      this.#log.warn('a folder is not emptied yet; trying again', { worker, error });
    this.#told.set(worker, error);
  }

  async #empty(slot: Slot): Promise<void> {
    const { worker } = slot;
    const page = (await slot.ask((id) => ({ kind: 'page', id, path: '/ledger.json' }))) as { body: string };
    const ledger = JSON.parse(page.body) as Ledger;
    if (ledger.entries.some(({ queued }) => queued.frames > 0)) return;
    const held = this.#directory.heldBy(worker);
    for (let at = 0; at < held.length; at += MEMORIES) {
      const hosts = held.slice(at, at + MEMORIES);
      const memories = (await slot.ask((id) => ({ kind: 'memories', id, hosts }))) as HostMemory[];
      await this.#slots.get(0)!.ask((id) => ({ kind: 'learn', id, memories }));
      this.#directory.moved(worker, 0, hosts);
    }
    if (!(await slot.ask((id) => ({ kind: 'farewell', id }))))
      throw new Error('the core has not heard its last account');
    await this.#pages.keepLast(slot);
    await slot.stop();
    this.#slots.delete(worker);
    this.#pages.ended(worker);
    markEmptied(this.#home, worker);
    this.#log.info('a folder of more workers is empty; what it knew is with worker 0', {
      folder: folderOf(this.#home, worker),
    });
  }
}
