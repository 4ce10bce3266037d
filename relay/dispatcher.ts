import type { Logger } from '../lib/log.ts';
import type { Counter, Registry } from '../lib/metrics.ts';
import { DATA_CLASSES } from '../proto/class.ts';
import type { Hash } from '../proto/hash.ts';
import type { Block, Entry, LaneName } from './block.ts';
import { DefinitionSender, type DefinitionSenderParts } from './definition-sender.ts';
import type { DefinitionStore } from './definitions.ts';
import type { Forwarder } from './forwarder.ts';
import type { Uplink } from './uplink.ts';

/** Blocks that may be between us and the transport at once: more would only queue where no alert can pass them. */
const OUTSTANDING = 2;
/** So many definitions go with a block that names others too: hosts renew their base rows now and then. */
const FEW_DEFINITIONS = 16;
/** After so many live blocks a backfill block gets its turn, so that a busy live stream does not starve it. */
const LIVE_RUN = 4;

type Source = Pick<Forwarder, 'class' | 'live' | 'backfill' | 'take' | 'connected' | 'disconnected'>;
type Definitions = DefinitionSenderParts['definitions'] & {
  readonly index: Pick<DefinitionStore['index'], 'everywhere'>;
};

/** Puts the blocks of all classes on the one stream: alerts first, live before backfill, definitions before who names them. */
export class Dispatcher {
  readonly #uplink: Pick<Uplink, 'open' | 'send'>;
  readonly #forwarders: readonly Source[];
  readonly #definitions: Definitions;
  readonly #log: Logger;
  readonly #blocks: Counter;
  readonly #bytes: Counter;
  readonly #frames: Counter;
  readonly #missing: Counter;
  #outstanding = 0;
  #liveRun = 0;
  #stream = 0;
  readonly #sender: DefinitionSender;
  /** Whose definitions are to be sent before them, in their order. Their lanes' windows bound them. */
  readonly #undefined = new Set<Block>();
  /** Whose definitions were sent since, and which wait for their turn as those that are ready in a lane do. */
  readonly #told = new Set<Block>();
  #defining = false;

  constructor(options: {
    uplink: Pick<Uplink, 'open' | 'send'>;
    forwarders: readonly Source[];
    definitions: Definitions;
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
    this.#sender = new DefinitionSender({
      ...{ uplink: options.uplink, definitions: options.definitions, missing: this.#missing },
      onMissing: (host, hash) =>
        this.#log.error('a block names a definition that is not here any more', { host, hash }),
    });
  }

  /** A new stream: the core on it knows nothing yet. */
  opened(): void {
    this.#stream++;
    this.#sender.opened();
    this.#outstanding = 0;
    this.#forget();
    for (const forwarder of this.#forwarders) forwarder.connected();
    this.kick();
  }

  closed(): void {
    this.#stream++;
    this.#forget();
    this.#sender.closed();
    for (const forwarder of this.#forwarders) forwarder.disconnected();
  }

  /** Sends what is ready, as far as the transport takes it. */
  kick(): void {
    while (this.#uplink.open && this.#outstanding < OUTSTANDING) {
      const block = this.#pick();
      if (!block) return;
      if (this.#told.delete(block) || block.named.every(([host, hash]) => this.#sender.knows(host, hash)))
        this.#give(block);
      else {
        this.#undefined.add(block);
        void this.#define();
      }
    }
  }

  /**
   * Those of which the core knows all definitions, and the others, where these are many: then they are two blocks, and one hosts' samples do not wait for what
   * thousands of others, that just came, have to tell first. Null: they go together.
   */
  apart(entries: readonly Entry[]): { readonly known: Entry[]; readonly others: Entry[] } | null {
    const known: Entry[] = [];
    const others: Entry[] = [];
    let definitions = 0;
    for (const entry of entries) {
      const { host, definitions: named } = entry.record;
      const unknown = named.filter((hash) => !this.#sender.knows(host, hash)).length;
      definitions += unknown;
      (unknown === 0 ? known : others).push(entry);
    }
    const few = definitions <= FEW_DEFINITIONS && this.#undefined.size === 0;
    return few || known.length === 0 || others.length === 0 ? null : { known, others };
  }

  /** The core asks for definitions. */
  async provide(hashes: readonly Hash[]): Promise<void> {
    for (const hash of hashes) {
      const entries = this.#definitions.index.everywhere(hash);
      if (entries.length === 0) this.#missing.inc();
      const stream = this.#stream;
      for (const entry of entries) await this.#sender.one(entry.host, hash);
      if (stream !== this.#stream) return;
    }
  }

  #pick(): Block | null {
    const live = this.#first('live');
    const old = this.#first('backfill');
    if (live && (!old || this.#liveRun < LIVE_RUN)) {
      this.#liveRun++;
      return live();
    }
    this.#liveRun = 0;
    return old ? old() : null;
  }

  /** Takes the first block of a lane, by class. */
  #first(name: LaneName): (() => Block | null) | null {
    for (const forwarder of this.#forwarders) {
      for (const told of this.#told) if (told.class === forwarder.class && told.lane === name) return () => told;
      const lane = forwarder[name];
      if (lane.ready) return () => forwarder.take(lane);
    }
    return null;
  }

  #forget(): void {
    this.#undefined.clear();
    this.#told.clear();
  }

  /** Blocks that name definitions which the core was not told, one after the other, beside those that name none. */
  async #define(): Promise<void> {
    if (this.#defining) return;
    this.#defining = true;
    const stream = this.#stream;
    for (const block of this.#undefined) {
      try {
        await this.#sender.all(block.named);
      } catch (error) {
        // Without its definitions the core will ask for them, or refuse the block; both have their way.
        this.#log.error('definitions cannot be read', { class: block.class, block: block.id, error: String(error) });
      }
      if (stream !== this.#stream) break;
      this.#undefined.delete(block);
      this.#told.add(block);
      this.kick();
    }
    this.#defining = false;
    // Those of a stream that was opened meanwhile.
    if (this.#undefined.size > 0) void this.#define();
  }

  #give(block: Block): void {
    const stream = this.#stream;
    this.#outstanding++;
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
    const labels = { class: block.class, lane: block.lane };
    this.#blocks.inc(labels);
    this.#bytes.inc(labels, block.payload.length);
    this.#frames.inc(labels, block.records.length);
  }
}
