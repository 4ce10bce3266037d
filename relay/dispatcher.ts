import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { DATA_CLASSES } from '../proto/class.ts';
import { type Hash, hashBytes } from '../proto/hash.ts';
import type { Block } from './block.ts';
import type { DefinitionEntry } from './definition-index.ts';
import type { DefinitionStore } from './definitions.ts';
import type { Forwarder } from './forwarder.ts';
import type { Lane } from './lane.ts';
import type { Uplink } from './uplink.ts';

/** Blocks that may be between us and the transport at once: more would only queue where no alert can pass them. */
const OUTSTANDING = 2;
/** After so many live blocks a backfill block gets its turn, so that a busy live stream does not starve it. */
const LIVE_RUN = 4;

/** Puts the blocks of all classes on the one stream: alerts first, live before backfill, definitions before who names them. */
export class Dispatcher {
  readonly #uplink: Uplink;
  readonly #forwarders: readonly Forwarder[];
  readonly #definitions: DefinitionStore;
  readonly #log: Logger;
  readonly #blocks: Counter;
  readonly #bytes: Counter;
  readonly #frames: Counter;
  readonly #missing: Counter;
  #sent = new WeakSet<DefinitionEntry>();
  #outstanding = 0;
  #liveRun = 0;
  #stream = 0;
  /** Definitions that are on their way to the transport: told when it has them, or when the stream is over. */
  readonly #handing = new Set<() => void>();

  constructor(options: {
    uplink: Uplink;
    forwarders: readonly Forwarder[];
    definitions: DefinitionStore;
    log: Logger;
    metrics: Registry;
  }) {
    this.#uplink = options.uplink;
    this.#forwarders = options.forwarders;
    this.#definitions = options.definitions;
    this.#log = options.log;
    const { metrics } = options;
    this.#blocks = metrics.counter('heliograph_relay_blocks_sent_total', 'Blocks sent to the core, by class and lane.');
    this.#bytes = metrics.counter(
      'heliograph_relay_block_bytes_total',
      'Bytes of blocks sent to the core, by class and lane.',
    );
    this.#frames = metrics.counter(
      'heliograph_relay_block_frames_total',
      'Frames in blocks sent, by class and lane; again when a block is sent again.',
    );
    this.#missing = metrics.counter(
      'heliograph_relay_definitions_missing_total',
      'Definitions a block names that are not here any more.',
    );
  }

  /** A new stream: the core on it knows nothing yet. */
  opened(): void {
    this.#stream++;
    this.#sent = new WeakSet();
    this.#outstanding = 0;
    for (const forwarder of this.#forwarders) forwarder.connected();
    this.kick();
  }

  closed(): void {
    this.#stream++;
    for (const handed of this.#handing) handed();
    for (const forwarder of this.#forwarders) forwarder.disconnected();
  }

  /** Sends what is ready, as far as the transport takes it. */
  kick(): void {
    while (this.#uplink.open && this.#outstanding < OUTSTANDING) {
      const next = this.#pick();
      if (!next) return;
      const block = next.forwarder.take(next.lane);
      if (!block) return;
      this.#outstanding++;
      void this.#send(block, this.#stream);
    }
  }

  /** The core asks for definitions. */
  async provide(hashes: readonly Hash[]): Promise<void> {
    for (const hash of hashes) {
      const entries = this.#definitions.index.everywhere(hash);
      if (entries.length === 0) this.#missing.inc();
      const stream = this.#stream;
      for (const entry of entries) await this.#define(entry.host, hash);
      if (stream !== this.#stream) return;
    }
  }

  #pick(): { forwarder: Forwarder; lane: Lane } | null {
    const live = this.#forwarders.find((forwarder) => forwarder.live.ready);
    const old = this.#forwarders.find((forwarder) => forwarder.backfill.ready);
    if (live && (!old || this.#liveRun < LIVE_RUN)) {
      this.#liveRun++;
      return { forwarder: live, lane: live.live };
    }
    this.#liveRun = 0;
    return old ? { forwarder: old, lane: old.backfill } : null;
  }

  async #send(block: Block, stream: number): Promise<void> {
    try {
      for (const [host, hash] of block.named) {
        const entry = this.#definitions.index.find(host, hash);
        // Nearly always it is; then nothing is waited for.
        if (entry && this.#sent.has(entry)) continue;
        await this.#define(host, hash);
      }
    } catch (error) {
      // Without its definitions the core will ask for them, or refuse the block; both have their way.
      this.#log.error('definitions cannot be read', { class: block.class, block: block.id, error: String(error) });
    }
    if (stream !== this.#stream) return;
    const labels = { class: block.class, lane: block.lane };
    const message = {
      block: {
        id: block.id,
        class: DATA_CLASSES.indexOf(block.class),
        lane: block.lane === 'live' ? 0 : 1,
        frames: block.records.length,
        items: block.items,
        payload: block.payload,
      },
    };
    const given = this.#uplink.send(message, () => {
      if (stream !== this.#stream) return;
      this.#outstanding--;
      this.kick();
    });
    if (!given) return;
    this.#blocks.inc(labels);
    this.#bytes.inc(labels, block.payload.length);
    this.#frames.inc(labels, block.records.length);
  }

  async #define(host: string, hash: Hash): Promise<void> {
    const entry = this.#definitions.index.find(host, hash);
    const content = await this.#definitions.content(host, hash);
    if (!entry || !content) {
      this.#missing.inc();
      this.#log.error('a block names a definition that is not here any more', { host, hash });
      return;
    }
    this.#sent.add(entry);
    // As fast as the transport takes them: a core that knows none of ten thousand must not have them all in our memory.
    // No race with a promise of the stream's end: that would keep what waits for it, of every definition, as long as the stream.
    const { promise, resolve } = Promise.withResolvers<void>();
    const handed = () => {
      this.#handing.delete(handed);
      resolve();
    };
    this.#handing.add(handed);
    if (this.#uplink.send({ definition: { hash: hashBytes(hash), content, host } }, handed)) await promise;
    else this.#handing.delete(handed);
  }
}
