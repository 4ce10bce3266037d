import { HeliographError } from '../../lib/errors.ts';
import type { JournalRecord } from '../../lib/journal/contract.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import { ColumnEncoder, columnInstants } from '../../proto/columns.ts';
import { encodeFrame, openFrame } from '../../proto/frame.ts';
import type { Hash } from '../../proto/hash.ts';
import { LIMITS } from '../../proto/limits.ts';
import { decodeSections, type EncodedSection, encodeMetricsBody, namedDefinitions } from '../../proto/metrics-body.ts';
import { overLimit } from '../../proto/wire-error.ts';
import type { DecodedDefinitions } from '../decoded-definitions.ts';
import type { DefinitionEntry } from '../definition-index.ts';
import type { DefinitionStore } from '../definitions.ts';
import { Generations } from '../generations.ts';
import { knownHex } from '../known-texts.ts';
import type { FrameRecord } from '../record.ts';
import { MadePages } from './made-pages.ts';
import { OverflowParts } from './overflow.ts';
import type { PageJudge } from './page-judge.ts';
import { type NamedJudge, type PagePlan, planPage } from './page-plan.ts';
import { ShapedFrame } from './shaped-frame.ts';
import type { FrameStage, Shaped } from './stage.ts';

/** Plans that are remembered, in each of two generations: by what they hold, a page that stays counting as a few columns. */
const PLAN_COLUMNS = 4_000_000;
const LEAST_COLUMNS = 8;
/** There is no room for what came of a sample: in the frame, or among the definitions. */
const NO_ROOM = 'shape_room';

export interface MetricStageParts {
  /** The relay's name: what it computed itself goes on as it is. */
  readonly relay: string;
  readonly site: string;
  readonly store: DefinitionStore;
  readonly definitions: DecodedDefinitions;
  /** What roll-ups take out, before all others. */
  readonly inputs: PageJudge | null;
  readonly judges: readonly NamedJudge[];
  readonly onError: (judge: string, error: unknown) => void;
  readonly metrics: Registry;
}

/**
 * Carries out what judges say of series. They are asked once for a page of a host; a frame whose pages all stay as they are is not even opened.
 */
export class MetricStage implements FrameStage {
  readonly #parts: MetricStageParts;
  readonly #pages: MadePages;
  readonly #overflow = new OverflowParts();
  readonly #encoder = new ColumnEncoder();
  readonly #samples: Counter;
  readonly #whole: Counter;
  #plans = new Generations<PagePlan | 'stays'>(PLAN_COLUMNS);
  #version = '';
  #changed = false;

  constructor(parts: MetricStageParts) {
    this.#parts = parts;
    this.#pages = new MadePages(parts.store);
    this.#samples = parts.metrics.counter(
      'heliograph_relay_samples_left_out_total',
      'Samples taken out of frames on their way to the core, by reason.',
    );
    this.#whole = parts.metrics.counter(
      'heliograph_relay_frames_not_shaped_total',
      'Frames that went on whole although something may want to change them: they could not be read.',
    );
  }

  get active(): boolean {
    const { inputs, judges } = this.#parts;
    return inputs?.active === true || judges.some(({ judge }) => judge.active);
  }

  /** Whether some series did not go on as it came, since the rules are as they are. */
  get changed(): boolean {
    return this.#changed;
  }

  async shape(
    records: readonly JournalRecord[],
    frames: readonly (FrameRecord | null)[],
  ): Promise<readonly (Shaped | null)[]> {
    const shaped: (Shaped | null)[] = [];
    for (const [i, frame] of frames.entries()) {
      this.#forget();
      const of = frame && this.#plansOf(frame.host);
      shaped.push(frame && this.#changes(frame, of!) ? await this.#shape(frame, of!, records[i]!.start) : null);
    }
    return shaped;
  }

  count({ lost }: Shaped): void {
    const { inputs } = this.#parts;
    for (const [reason, samples] of Object.entries(lost)) {
      this.#samples.inc({ reason }, samples);
      if (reason === inputs?.reason) inputs.count(samples);
    }
  }

  /** Plans hold for one state of all judges. */
  #forget(): void {
    const { inputs, judges } = this.#parts;
    let version = inputs ? `${inputs.version}` : '';
    for (const { judge } of judges) version += ` ${judge.active ? (judge.versionOf ? '' : judge.version) : '-'}`;
    if (version === this.#version) return;
    this.#version = version;
    this.#plans = new Generations(PLAN_COLUMNS);
    this.#changed = false;
  }

  /** What a host's plans are known by, before the hash of the page: another name where its series are to be asked about again. */
  #plansOf(host: string): string {
    let name = `${host} `;
    for (const { judge } of this.#parts.judges)
      if (judge.active && judge.versionOf) name += `${judge.versionOf(host)} `;
    return name;
  }

  /** By the definitions that stand beside the frame; it is not looked into. */
  #changes({ host, definitions }: FrameRecord, plansOf: string): boolean {
    if (host === this.#parts.relay) return false;
    for (const hash of definitions) {
      if (this.#plans.get(plansOf + hash) === 'stays') continue;
      // Base rows are many, and nobody's business here.
      if (this.#parts.store.index.find(host, hash)?.kind !== 'base') return true;
    }
    return false;
  }

  async #shape(record: FrameRecord, plansOf: string, position: number): Promise<Shaped | null> {
    try {
      return await this.#open(record, plansOf, position);
    } catch (error) {
      // The disk's trouble passes; what no one can read the core will refuse, and keep its bytes.
      if (!(error instanceof HeliographError) || error.code.startsWith('HG_JOURNAL_')) throw error;
      this.#whole.inc();
      return null;
    }
  }

  async #open(record: FrameRecord, plansOf: string, position: number): Promise<Shaped | null> {
    const { definitions } = this.#parts;
    const { header, sections } = openFrame(record.frame, knownHex);
    if (header.kind !== 'metrics') return null;
    const plans: (PagePlan | null)[] = [];
    for (const { page } of sections) {
      const known = this.#plans.get(plansOf + page);
      plans.push(
        known === undefined ? await this.#plan(record.host, page, plansOf + page) : known === 'stays' ? null : known,
      );
    }
    if (plans.every((plan) => plan === null)) return null;
    const frame = new ShapedFrame(this.#encoder);
    let room: number = LIMITS.valuesPerFrame;
    for (const [i, section] of sections.entries()) {
      const plan = plans[i]!;
      room -= columnInstants(section.columns) * (definitions.pageSize(section.page) ?? 0);
      // Before there is memory for it.
      if (room < 0) throw overLimit('values of a frame', LIMITS.valuesPerFrame - room, LIMITS.valuesPerFrame);
      if (plan === null) {
        frame.keep(section);
        continue;
      }
      if (!definitions.ready(section) && !(await definitions.load(record.host, section))) throw unknown(section);
      const [decoded] = decodeSections([section], definitions);
      const row = section.base === null ? null : definitions.base(section.base)!.values;
      frame.take(decoded!, plan, row);
    }
    frame.overflow(this.#overflow, this.#pages);
    const added = await this.#fitting(frame, record.host, position, LIMITS.valuesPerFrame - room);
    const lost = Object.values(frame.lost).reduce((sum, items) => sum + items, 0);
    if (lost === 0 && frame.made.length === 0) return null;
    const kept = [...frame.kept, ...added];
    const sent = header.count - lost;
    const bytes = encodeFrame({ ...header, count: sent }, encodeMetricsBody(kept));
    return { record: { ...record, definitions: namedDefinitions(kept), frame: bytes }, sent, lost: frame.lost };
  }

  /** Of what was made, what there is room for; its definitions are durable. @param came cells, of which those that stay are a part */
  async #fitting(frame: ShapedFrame, host: string, position: number, came: number): Promise<EncodedSection[]> {
    const { store } = this.#parts;
    const fitting: EncodedSection[] = [];
    const entries: DefinitionEntry[] = [];
    let cells = came;
    let bytes = frame.kept.reduce((sum, { columns }) => sum + columns.length + SECTION_BYTES, SECTION_BYTES * 4);
    for (const { page, section, samples, cells: own } of frame.made) {
      cells += own;
      bytes += section.columns.length + SECTION_BYTES;
      const fits =
        frame.kept.length + fitting.length < LIMITS.sections &&
        cells <= LIMITS.valuesPerFrame &&
        bytes <= LIMITS.frameBytes;
      const entry = fits ? (this.#pages.defined(page) ?? (await this.#pages.define(page, host))) : null;
      if (entry === null) {
        cells -= own;
        bytes -= section.columns.length + SECTION_BYTES;
        frame.lose(NO_ROOM, samples);
        continue;
      }
      entries.push(entry);
      fitting.push(section);
    }
    store.named(entries, position);
    return fitting;
  }

  /** @param name that it will be known by */
  async #plan(host: string, hash: Hash, name: string): Promise<PagePlan | null> {
    const { definitions } = this.#parts;
    const plans = this.#plans;
    const page = await definitions.loadPage(host, hash);
    // The core will ask for it too, and refuse the frame.
    if (!page) throw unknown({ page: hash });
    const plan = planPage(page, host, { ...this.#parts, pages: this.#pages });
    if (plan) this.#changed = true;
    plans.set(name, plan ?? 'stays', plan ? LEAST_COLUMNS + columnsOf(plan) : LEAST_COLUMNS);
    return plan;
  }
}

function columnsOf({ fates, folds }: PagePlan): number {
  return folds.reduce((sum, { columns }) => sum + columns.length, fates.length);
}

/** More than a section takes beside its columns. */
const SECTION_BYTES = 48;

function unknown({ page, base = null }: Pick<EncodedSection, 'page'> & Partial<EncodedSection>): HeliographError {
  const missing = [page, ...(base === null ? [] : [base])];
  return new HeliographError('HG_FRAME_DEFINITION', missing.join(', '), { missing });
}
