import { HeliographError } from '../../../lib/errors.ts';
import type { Host } from '../../core/host.ts';
import { Counters } from './counters.ts';
import { Decoder } from './decode.ts';
import type { Device, Sample } from './device.ts';
import { failure } from './failure.ts';
import { MODULES } from './modules/all.ts';
import { type Peer, Session } from './session.ts';
import { type Life, restarted } from './uptime.ts';
import { isNothing, numberOf, type Varbind } from './values.ts';
import { Found, walk } from './walk.ts';

const UP_TIME = '1.3.6.1.2.1.1.3.0';
const ENGINE_BOOTS = '1.3.6.1.6.3.10.2.1.2.0';
const ENGINE_TIME = '1.3.6.1.6.3.10.2.1.3.0';

/** One poll's outcome. */
export interface Poll {
  /** Of the modules that were taken whole, with `up` and what snmp_exporter says of a scrape. */
  readonly samples: readonly Sample[];
  /** Why it is not whole; null: it is. */
  readonly failure: HeliographError | null;
  /** The device restarted since the poll before. */
  readonly restarted: boolean;
  /** What it says of its life; null: it did not answer. */
  readonly life: Life | null;
}

/** Polls one device, time and again: what is known of it from one poll to the next is here. */
export class Poller {
  readonly device: Device;
  readonly counters = new Counters();
  readonly #host: Host;
  readonly #decoder: Decoder;
  #life: Life | null = null;
  #session: Session | null = null;

  constructor(host: Host, device: Device) {
    this.#host = host;
    this.device = device;
    this.#decoder = new Decoder(device.modules.map((name) => MODULES.get(name)!));
  }

  /** Values of a kind that their place cannot have, since the start. */
  get unexpected(): number {
    return this.#decoder.unexpected;
  }

  /** One poll; it never throws, and takes no longer than the budget. @param findPeer where the device is now */
  async poll(findPeer: () => Promise<Peer>): Promise<Poll> {
    const { device } = this;
    const began = this.#host.mono();
    const found = new Found(device);
    let session: Session | null = null;
    let error: HeliographError | null = null;
    let life: Life | null = null;
    let again = false;
    try {
      const peer = await findPeer();
      session = new Session(this.#host, device, peer);
      this.#session = session;
      life = await this.#greet(session, found);
      again = this.#life !== null && restarted(this.#life, life);
      if (again) this.counters.clear();
      this.#life = life;
      for (const name of device.modules) await takeModule(session, device, name, found);
    } catch (caught) {
      error = caught instanceof HeliographError ? caught : failure('HG_SNMP_ANSWER', device, String(caught), caught);
    } finally {
      session?.close();
      this.#session = null;
    }
    const walked = this.#host.mono();
    const samples = this.#decoder.samples(found.values, this.counters);
    if (error === null) this.counters.complete();
    const traffic = session?.traffic ?? { sent: 0, retried: 0 };
    const plain = (name: string, value: number) => samples.push({ name, labels: [], value });
    plain('up', error === null ? 1 : 0);
    plain('snmp_scrape_walk_duration_seconds', (walked - began) / 1000);
    plain('snmp_scrape_packets_sent', traffic.sent);
    plain('snmp_scrape_packets_retried', traffic.retried);
    plain('snmp_scrape_pdus_returned', found.values.size);
    plain('snmp_scrape_duration_seconds', (this.#host.mono() - began) / 1000);
    return { samples, failure: error, restarted: again, life };
  }

  /** Ends a poll that is under way. */
  stop(): void {
    this.#session?.close();
  }

  /** The first question: whether it answers, and whether it is still the same life. */
  async #greet(session: Session, found: Found): Promise<Life> {
    let answer: Varbind[];
    try {
      answer = await session.get([UP_TIME, ENGINE_BOOTS, ENGINE_TIME]);
    } catch (error) {
      // Some agents refuse the whole question for one object that they have not.
      if ((error as HeliographError).code !== 'HG_SNMP_STATUS') throw error;
      answer = await session.get([UP_TIME]);
    }
    const number = (i: number): number => {
      const varbind = answer[i];
      return varbind === undefined || isNothing(varbind) ? Number.NaN : numberOf(varbind);
    };
    if (!Number.isNaN(number(0))) found.add(answer[0]!);
    return { ticks: number(0), boots: number(1), engineSeconds: number(2), at: this.#host.mono() };
  }
}

/** Walks what a module wants; of a module that cannot be taken whole nothing stays. */
async function takeModule(session: Session, device: Device, name: string, found: Found): Promise<void> {
  const taken = new Set(found.values.keys());
  try {
    for (const root of MODULES.get(name)!.walk) await walk(session, device, root, found);
  } catch (error) {
    for (const oid of found.values.keys()) if (!taken.has(oid)) found.values.delete(oid);
    throw error;
  }
}
