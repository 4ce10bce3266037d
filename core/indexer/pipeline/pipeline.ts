import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { LogLine } from '../../../proto/log-line.ts';
import { type LogFrame, placeOf } from '../../ports/frames.ts';
import type { IndexerConfig } from './config.ts';
import { addCatalogue, addGeo, environmentOf } from './enrich.ts';
import { PipelineFigures, Tally } from './figures.ts';
import { type CompiledFilter, compileFilter, type FilterLine, isError, rankOf } from './filter.ts';
import type { GeoIp } from './geoip.ts';
import { failed, type TimeBounds } from './line-shape.ts';
import { LookUpFiles } from './look-up-files.ts';
import { type CompiledRule, compileRule } from './rule.ts';
import { RuleChoice } from './rule-choice.ts';

export interface PipelineDeps {
  readonly log: Logger;
  readonly registry: Registry;
  /** ms on a clock that never steps. */
  readonly mono: () => number;
  /** Lets others have their turn. */
  readonly breathe: () => Promise<void>;
  /** How old a time that a text says may be, ms: what the store keeps. */
  readonly retentionMs: number;
}

/** What became of one line. */
export interface Passed {
  readonly line: LogLine;
  /** The rule that matched, if one did. */
  readonly rule: string | null;
  readonly failure: string | null;
  /** The filter that drops it; null: it is stored. */
  readonly filter: string | null;
}

/** A frame behind the pipeline, and what is to be counted once it is known that the store did not have it before. */
export interface Piped {
  readonly frame: LogFrame;
  readonly tally: Tally;
}

/** Without a turn for others no longer than this, ms. */
const TURN_MS = 5;
/** A time that a text says may be so far ahead, as the stores take it. ms. */
const AHEAD_MS = 3_600_000;
const OUTSIDE_PRODUCTION = 'outside-production';
/**
 * From a frame as it was sent to the frame that is stored: parse, enrich, filter. A line keeps its place, and so its id, whatever is done to it
 * or left out around it. The class of a line, and so its id, its lane and its account, is the frame's; a level that is read here does not move it.
 */
export class Pipeline {
  readonly #config: IndexerConfig;
  readonly #deps: PipelineDeps;
  readonly #choice: RuleChoice;
  readonly #filters: readonly CompiledFilter[];
  readonly #production: ReadonlySet<string>;
  readonly #dropBelow: number;
  readonly #files: LookUpFiles;
  readonly #figures: PipelineFigures;
  readonly #told = new Set<string>();

  private constructor(config: IndexerConfig, deps: PipelineDeps) {
    this.#config = config;
    this.#deps = deps;
    const rules = config.services.map((rule) => compileRule(rule, config.limits));
    this.#choice = new RuleChoice(rules);
    this.#files = new LookUpFiles(config, deps);
    this.#filters = config.filters.map(compileFilter);
    this.#production = new Set(config.environment.production);
    const { dropBelow } = config.environment;
    this.#dropBelow = dropBelow === undefined ? Number.NEGATIVE_INFINITY : rankOf(dropBelow);
    this.#figures = new PipelineFigures(
      deps.registry,
      rules.filter((rule) => rule.parses).map((rule) => rule.name),
      [...this.#filters.map((filter) => filter.name), ...(dropBelow === undefined ? [] : [OUTSIDE_PRODUCTION])],
    );
  }

  /**
   * Null where the configuration asks for nothing: then lines go by untouched and at no cost.
   * @throws HeliographError HG_PIPELINE_FILE, HG_CONFIG_... when the catalogue cannot be used; a database that cannot be is told, and lines go
   * on without places until there is a good one
   */
  static async open(config: IndexerConfig, deps: PipelineDeps): Promise<Pipeline | null> {
    const { services, filters, environment, catalogue, geoip } = config;
    const asked =
      services.length > 0 ||
      filters.length > 0 ||
      environment.dropBelow !== undefined ||
      catalogue !== undefined ||
      geoip !== undefined;
    if (!asked) return null;
    const pipeline = new Pipeline(config, deps);
    await pipeline.#files.first();
    return pipeline;
  }

  /** Looks whether the catalogue or the database changed. */
  reload(): Promise<void> {
    return this.#files.look();
  }

  /** Frames behind the pipeline, in order. Others have their turn in between, however long the lines are. Events go by as they are. */
  async run(frames: readonly LogFrame[]): Promise<Piped[]> {
    const { mono, breathe } = this.#deps;
    const piped: Piped[] = [];
    let until = mono() + TURN_MS;
    for (const frame of frames) {
      const tally = new Tally();
      if (frame.id.class === 'alert') {
        piped.push({ frame, tally });
        continue;
      }
      const lines: LogLine[] = [];
      const places: number[] = [];
      for (let at = 0; at < frame.lines.length; at++) {
        const place = placeOf(frame, at);
        const passed = this.pass(frame, frame.lines[at]!, place);
        tally.add(passed);
        if (passed.filter === null) {
          lines.push(passed.line);
          places.push(place);
        }
        if (mono() > until) {
          await breathe();
          until = mono() + TURN_MS;
        }
      }
      piped.push({
        frame: tally.left === null ? { ...frame, lines } : leftOut(frame, lines, places, tally.left),
        tally,
      });
    }
    return piped;
  }

  /** What becomes of one line. `place`: in the frame as it was sent. */
  pass(frame: LogFrame, line: LogLine, place: number): Passed {
    const rule = this.#choice.of(line, frame.instance);
    const one = rule === null ? { line, failure: null } : this.#parse(rule, line, frame);
    const { catalogue, geoip } = this.#files;
    // By what the line says itself, before the catalogue's word stands among its fields.
    const inside =
      this.#dropBelow === Number.NEGATIVE_INFINITY ||
      this.#production.has(environmentOf(one.line, catalogue, this.#config.environment));
    let whole = catalogue === null ? one.line : addCatalogue(one.line, catalogue);
    if (geoip !== null) whole = this.#locate(whole, geoip);
    const filter = this.#filter({ line: whole, frame, place }, inside);
    return { line: whole, rule: rule?.name ?? null, failure: one.failure, filter };
  }

  /** The lines are durable, and were not there before. */
  count(tally: Tally): void {
    this.#figures.add(tally);
  }

  #parse(rule: CompiledRule, line: LogLine, frame: LogFrame) {
    if (!rule.parses) return { line, failure: null };
    const bounds: TimeBounds = {
      near: frame.received,
      oldest: frame.received - this.#deps.retentionMs,
      newest: frame.received + AHEAD_MS,
    };
    try {
      return rule.apply(line, bounds);
    } catch (error) {
      // A defect of ours, met by one line, must not hold up all that come after it.
      this.#tell(rule.name, error);
      return failed(line, rule.name, 'fault');
    }
  }

  #locate(line: LogLine, geoip: GeoIp): LogLine {
    try {
      return addGeo(line, geoip, this.#config.geoip!.fields);
    } catch (error) {
      this.#tell('geoip', error);
      return line;
    }
  }

  #tell(where: string, error: unknown): void {
    this.#figures.fault(where);
    const said = `${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    if (this.#told.has(said) || this.#told.size > 100) return;
    this.#told.add(said);
    this.#deps.log.error('a line could not go through the log pipeline; it is stored as it was', {
      rule: where,
      'error.message': said,
    });
  }

  #filter(one: FilterLine, inside: boolean): string | null {
    if (!inside && rankOf(one.line.level) < this.#dropBelow && !isError(one)) return OUTSIDE_PRODUCTION;
    for (const filter of this.#filters) if (filter.drops(one)) return filter.name;
    return null;
  }
}

function leftOut(
  frame: LogFrame,
  lines: readonly LogLine[],
  places: readonly number[],
  dropped: ReadonlyMap<string, number>,
): LogFrame {
  const left: Record<string, number> = { ...frame.left };
  for (const [name, count] of dropped) left[`filtered:${name}`] = (left[`filtered:${name}`] ?? 0) + count;
  return { ...frame, lines, places, left };
}
