import type { HostState } from './host-state.ts';
import type { MqttLink } from './mqtt-link.ts';

/** Where a host's messages leave: its topics, its packet identifiers, and the link, if there is one just now. */
export class HostWire {
  /** From the first byte to the last: also while it is being opened. */
  link: MqttLink | null = null;
  /** The link can be published on. */
  open = false;
  readonly #host: HostState;
  readonly #topics = new Map<string, Buffer>();
  #messageId = 0;

  constructor(host: HostState) {
    this.#host = host;
  }

  readonly nextId = (): number => {
    this.#messageId = this.#messageId >= 65_000 ? 1 : this.#messageId + 1;
    return this.#messageId;
  };

  /** The bytes of a topic: of the part behind the host's name, or of a whole topic, where it begins with a slash. */
  topic(part: string): Buffer {
    let topic = this.#topics.get(part);
    if (!topic) {
      topic = Buffer.from(part.startsWith('/') ? part.slice(1) : `fleet/${this.#host.name}/${part}`);
      this.#topics.set(part, topic);
    }
    return topic;
  }

  /** Puts a message into the batch; `flush` sends it. Returns its packet identifier. */
  publish(part: string, payload: Uint8Array, retain = false): number {
    const id = this.nextId();
    this.#host.shared.batch.add(this.topic(part), id, payload, retain);
    return id;
  }

  /** Sends what is in the batch. */
  flush(): void {
    const { batch, stats } = this.#host.shared;
    if (batch.length === 0) return;
    const bytes = batch.take();
    stats.bytesSent += bytes.length;
    this.link?.send(bytes);
  }
}
