import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { imbalance, type Ledger } from '../../../lib/ledger.ts';
import { TestCore } from '../../support/core/core.ts';
import { freePort } from '../../support/free-port.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';

/** A relay with doors in a process of its own, to be killed while clients send to them, and the core before it. */
export class KilledRelay {
  readonly core: TestCore;
  /** The relay's dataDir. */
  readonly dataDir: string;
  /** What the relay's certificate is trusted by. */
  readonly ca: string;
  readonly #process: TierProcess;
  readonly #ingest: string;
  readonly #http: number;

  private constructor(core: TestCore, ca: string, process: TierProcess, ingest: string, http: number) {
    this.core = core;
    this.ca = ca;
    this.dataDir = join(core.directory, 'relay');
    this.#process = process;
    this.#ingest = ingest;
    this.#http = http;
  }

  /** @param doors the section of the relay's configuration */
  static async open(doors: object): Promise<KilledRelay> {
    const core = await TestCore.make();
    const ingest = `127.0.0.1:${await freePort()}`;
    await core.start({ ingest: { listen: ingest } });
    const { ca, cert, key } = await core.issue('relay-1', 'relay');
    const http = await freePort();
    const file = join(core.directory, 'relay.yaml');
    const config = {
      name: 'relay-1',
      dataDir: join(core.directory, 'relay'),
      mqtt: { listen: '127.0.0.1:0' },
      http: { listen: `127.0.0.1:${http}` },
      tls: { ca, cert, key },
      cores: [ingest],
      doors,
    };
    writeFileSync(file, JSON.stringify(config));
    const process = new TierProcess('heliograph.ts', ['relay', '--config', file], join(core.directory, 'relay.out'));
    await process.start();
    return new KilledRelay(core, ca, process, ingest, http);
  }

  /**
   * Kills it twice, each time when `more` items were sent since, and has the core away between.
   * @param done how many are sent by now
   */
  async killTwice(done: () => number, more: number): Promise<void> {
    for (let round = 0; round < 2; round++) {
      const from = done();
      await until('some more', () => done() >= from + more);
      await this.#process.kill();
      if (round === 0) await this.core.stop();
      await this.#process.start();
    }
  }

  /** The core is back: all comes to it, and the relay's ledger is even. `arrived` waits for what was sent. */
  async arrive(arrived: () => Promise<void>): Promise<void> {
    await this.core.start({ ingest: { listen: this.#ingest } });
    await arrived();
    const ledger = await until('nothing waits', async () => {
      const drawn = (await (await fetch(`http://127.0.0.1:${this.#http}/ledger.json`)).json()) as Ledger;
      return drawn.entries.every(({ queued }) => queued.frames === 0) ? drawn : null;
    });
    for (const entry of ledger.entries) {
      const { frames, items } = imbalance(entry);
      if (frames !== 0 || items !== 0) throw new Error(`${entry.class}: ${frames} frames, ${items} items`);
    }
  }

  async close(): Promise<void> {
    await this.#process.kill();
    await this.core.remove();
  }
}

/** As a client does it that loses nothing: the same again until it was taken. @param send false: not taken, or no answer */
export async function sendUntilTaken(send: () => Promise<boolean>): Promise<void> {
  while (!(await send())) await wait(50);
}
