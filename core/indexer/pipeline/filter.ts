import { anyGlob } from '../../../lib/log-lines/name-glob.ts';
import { shareOfSum, sumOfText } from '../../../lib/log-lines/share.ts';
import { LOG_LEVELS } from '../../../proto/desired.ts';
import type { LogLine } from '../../../proto/log-line.ts';
import type { LogFrame } from '../../ports/frames.ts';
import type { FilterRule } from './config.ts';
import { compileTest } from './expression.ts';

/** A line on its way, with what stands beside it. */
export interface FilterLine {
  readonly line: LogLine;
  readonly frame: Pick<LogFrame, 'id' | 'instance' | 'site'>;
  /** Its place in the frame as it was sent. */
  readonly place: number;
}

export interface CompiledFilter {
  readonly name: string;
  readonly drops: (line: FilterLine) => boolean;
}

/** Rank from the noisiest; a line without a level counts as info. */
export function rankOf(level: string): number {
  const rank = LOG_LEVELS.indexOf(level as (typeof LOG_LEVELS)[number]);
  return rank < 0 ? LOG_LEVELS.indexOf('info') : rank;
}

/** Whether a line is kept unless a filter says of errors that it means them too: by the class it came in, or by its level. */
export function isError({ line, frame }: FilterLine): boolean {
  return frame.id.class === 'error' || frame.id.class === 'alert' || line.level === 'error' || line.level === 'fatal';
}

/** Takes a filter as the schema let it pass. */
export function compileFilter(filter: FilterRule): CompiledFilter {
  const conditions = filter.where.map(compileCondition);
  const below = filter.below === undefined ? Number.POSITIVE_INFINITY : rankOf(filter.below);
  const { name, keep, errors } = filter;
  const seed = sumOfText(name);
  return {
    name,
    drops: (one) => {
      if (rankOf(one.line.level) >= below || (!errors && isError(one))) return false;
      for (const holds of conditions) if (!holds(one)) return false;
      return keep === 0 || share(one, seed) >= keep;
    },
  };
}

function compileCondition(condition: FilterRule['where'][number]): (one: FilterLine) => boolean {
  const { field, not } = condition;
  const test = valueTest(condition);
  return (one) => test(fieldValue(one, field)) !== not;
}

function valueTest({ equals, glob, regex, exists }: FilterRule['where'][number]): (value: string | null) => boolean {
  if (exists !== undefined) return (value) => (value !== null) === exists;
  let fits: (value: string) => boolean;
  if (equals !== undefined) {
    const set = new Set(equals);
    fits = (value) => set.has(value);
  } else if (glob !== undefined) fits = anyGlob(glob);
  else {
    const compiled = compileTest(regex ?? '');
    if (typeof compiled === 'string') throw new TypeError(`a filter that the schema refuses: ${compiled}`);
    fits = compiled;
  }
  return (value) => value !== null && fits(value);
}

function fieldValue({ line, frame }: FilterLine, field: string): string | null {
  switch (field) {
    case 'message':
      return line.message;
    case 'log.level':
      return line.level;
    case 'service.name':
      return line.service;
    case 'host.name':
      return frame.instance;
    case 'site':
      return frame.site;
    default:
      return Object.hasOwn(line.fields, field) ? line.fields[field]! : null;
  }
}

/** A number in [0, 1) that follows from the filter's name and the line's id alone. */
function share({ frame, place }: FilterLine, seed: number): number {
  const { host, boot, class: dataClass, sequence } = frame.id;
  return shareOfSum(sumOfText(`${host}/${boot}/${dataClass}/${sequence}/${place}`, seed));
}
