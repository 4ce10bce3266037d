import { encodeBase } from '../../../proto/base.ts';
import { ColumnEncoder } from '../../../proto/columns.ts';
import type { Hash } from '../../../proto/hash.ts';
import { LIMITS } from '../../../proto/limits.ts';
import { type EncodedSection, encodeMetricsBody } from '../../../proto/metrics-body.ts';
import type { Host } from '../host.ts';
import type { Definitions } from '../spool/definitions.ts';
import type { Page } from './page.ts';

/** A frame's body, what it holds, and the definitions it is the last to name. */
export interface MetricBody {
  readonly body: Uint8Array;
  readonly samples: number;
  readonly retired: readonly Hash[];
}

/** A frame takes pages until it has so many samples: more would save nothing and cost freshness on a slow line. */
const MOST_SAMPLES = 4096;
/** And so many values, absent ones included: a decoder has a bound for them. */
const MOST_VALUES = LIMITS.valuesPerFrame / 4;

/** Bytes that a base row costs beside its content: topic and MQTT's own. */
const MESSAGE_BYTES = 60;

/** Turns the rows gathered in pages into bodies of frames, and renews base rows where that pays. */
export class MetricFrames {
  readonly #host: Host;
  readonly #definitions: Definitions;
  readonly #encoder = new ColumnEncoder();

  constructor(host: Host, definitions: Definitions) {
    this.#host = host;
    this.#definitions = definitions;
  }

  /**
   * @throws HG_COLLECTOR_DISK if a definition cannot be kept; the rows stay
   */
  encode(pages: readonly Page[]): MetricBody[] {
    const bodies: MetricBody[] = [];
    let sections: EncodedSection[] = [];
    let samples = 0;
    let values = 0;
    let retired: Hash[] = [];
    const finish = (): void => {
      if (sections.length > 0) bodies.push({ body: encodeMetricsBody(sections), samples, retired });
      sections = [];
      samples = 0;
      values = 0;
      retired = [];
    };
    for (const page of pages) {
      if (page.instants === 0) continue;
      const own = page.size * page.instants;
      if (samples > 0 && (samples + page.samples > MOST_SAMPLES || values + own > MOST_VALUES)) finish();
      const old = this.#renew(page);
      if (old !== null) retired.push(old);
      const base = page.base;
      const columns = this.#encoder.encode(page.size, page.times, page.values, page.present, base?.values ?? null);
      page.policy.encoded(columns.length);
      sections.push({ page: page.hash, base: base?.hash ?? null, columns });
      samples += page.samples;
      values += own;
    }
    finish();
    for (const page of pages) page.clear();
    return bodies;
  }

  /** A page that is used no more: these definitions no later frame names. */
  drop(page: Page): Hash[] {
    return page.base === null ? [page.hash] : [page.hash, page.base.hash];
  }

  /** Makes a new base row if it is due; the hash of the old one if there was one. */
  #renew(page: Page): Hash | null {
    const now = this.#host.mono();
    if (!page.policy.due(now)) return null;
    this.#definitions.use(page.bytes);
    const old = page.base;
    const values = page.lastValues();
    const bytes = encodeBase(page.hash, values, page.size);
    page.base = { hash: this.#definitions.use(bytes), values };
    page.policy.renewed(now, bytes.length + MESSAGE_BYTES);
    return old === null || old.hash === page.base.hash ? null : old.hash;
  }
}
