import type { MqttClient } from 'mqtt';
import type { SentPage } from '../../relay/rollup/samples.ts';
import { connectClient } from '../../relay/setup.ts';

/** A host that keeps its frames until they are acknowledged, and sends them again to whoever takes it in. */
export class SendingHost {
  readonly #connect: () => Promise<MqttClient>;
  readonly #name: string;
  readonly #page: SentPage;
  readonly #frames: { readonly sequence: number; readonly bytes: Uint8Array }[] = [];
  #client: MqttClient | null = null;
  #closed = false;
  /** What went wrong last. */
  trouble = '';
  /** Keeps its frames to itself meanwhile. */
  cutOff = false;
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, page: SentPage, port: number, files: Parameters<typeof connectClient>[1]) {
    this.#name = name;
    this.#page = page;
    this.#connect = () => connectClient(port, files, name, { connectTimeout: 30_000 });
  }

  get waiting(): number {
    return this.#frames.length;
  }

  /** @param make a frame of this number, with that floor: all before it is acknowledged */
  add(sequence: number, make: (floor: number) => Uint8Array): void {
    this.#frames.push({ sequence, bytes: make(this.#frames[0]?.sequence ?? sequence) });
  }

  /** Ends its connection; with the next frame it comes back, to whichever worker has its turn. */
  leave(): void {
    this.#client?.end(true);
    this.#client = null;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.leave();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        if (!this.cutOff && this.#frames.length > 0) await this.#send();
      } catch (error) {
        this.trouble = String(error);
        this.leave();
        await new Promise((resolve) => setTimeout(resolve, 450));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The newest first, as a collector does it that was cut off. */
  async #send(): Promise<void> {
    if (!this.#client) {
      this.#client = await this.#connect();
      this.#client.on('error', () => undefined);
      await this.#publish('definitions', this.#page.content);
    }
    for (const frame of this.#frames.toReversed()) {
      await this.#publish('metric', frame.bytes);
      this.#frames.splice(this.#frames.indexOf(frame), 1);
    }
  }

  /** Resolves when it is acknowledged. @throws Error when the connection ends before, or says nothing for long */
  async #publish(topic: string, payload: Uint8Array): Promise<void> {
    const client = this.#client;
    if (!client?.connected) throw new Error('gone');
    const ended = Promise.withResolvers<never>();
    const end = () => ended.reject(new Error('gone'));
    const timer = setTimeout(end, 15_000);
    client.once('close', end);
    try {
      const sent = client.publishAsync(`fleet/${this.#name}/${topic}`, Buffer.from(payload), { qos: 1 });
      sent.catch(() => undefined);
      await Promise.race([sent, ended.promise]);
    } finally {
      clearTimeout(timer);
      client.off('close', end);
    }
  }
}
