import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Logger } from '../../lib/log.ts';
import { readWhole, writeDurably } from '../durable-file.ts';
import type { Alert } from './alert.ts';

const VERSION = 1;

/** What rules know that must outlive the relay. */
export interface RulesState {
  readonly alerts: readonly Alert[];
  /** Hosts and when each was seen last, ms since the epoch. */
  readonly hosts: readonly (readonly [string, number])[];
}

/** The state of rules on disk: a file that is replaced whole. */
export class StateFile {
  readonly #files: JournalFiles;
  readonly #path: string;
  readonly #log: Logger;

  constructor(files: JournalFiles, path: string, log: Logger) {
    this.#files = files;
    this.#path = path;
    this.#log = log;
  }

  /** Nothing where there is no file, or none that can be read: alerts begin anew then, and that is said. */
  async read(): Promise<RulesState> {
    const bytes = await readWhole(this.#files, this.#path);
    if (bytes === null) return { alerts: [], hosts: [] };
    try {
      const { version, alerts, hosts } = JSON.parse(Buffer.from(bytes).toString()) as RulesState & { version: number };
      if (version !== VERSION || !Array.isArray(alerts) || !Array.isArray(hosts))
        throw new Error('it is of no version known here');
      return { alerts, hosts };
    } catch (error) {
      this.#log.error('the state of rules cannot be read; alerts begin anew', {
        file: this.#path,
        error: String(error),
      });
      return { alerts: [], hosts: [] };
    }
  }

  /** Resolves when it is durable. */
  write({ alerts, hosts }: RulesState): Promise<void> {
    return writeDurably(this.#files, this.#path, Buffer.from(JSON.stringify({ version: VERSION, alerts, hosts })));
  }
}
