import type { Bus, Consumer } from '../ports/bus.ts';
import { MERGER, SKETCHES } from './inbox.ts';

const BATCH_BYTES = 1 << 20;

/** Brings sketches from a gateway's own journal to the bus that all gateways of a core share: those of one group meet in one partition. */
export class Forwarder {
  readonly #consumer: Consumer;

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** @param from a position of `own`, or null for the oldest record kept */
  static async open(own: Pick<Bus, 'consume'>, from: string | null, shared: Pick<Bus, 'publish'>): Promise<Forwarder> {
    const opened = Promise.withResolvers<Consumer>();
    const options = { topic: SKETCHES, group: MERGER, from, maxBytes: BATCH_BYTES };
    const consumer = await own.consume(options, async ({ records, next }) => {
      const reader = await opened.promise;
      // Rejects while the brokers are away; then the batch comes again.
      await shared.publish(SKETCHES, records);
      await reader.commit(next);
    });
    opened.resolve(consumer);
    return new Forwarder(consumer);
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }
}
