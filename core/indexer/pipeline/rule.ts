import { anyGlob } from '../../../lib/log-lines/name-glob.ts';
import type { LogLine } from '../../../proto/log-line.ts';
import type { IndexerConfig, ParseRule } from './config.ts';
import { nameOfRule } from './config-checks.ts';
import { compileExpressions } from './expression.ts';
import { type Applied, failed, LineShape, type TimeBounds } from './line-shape.ts';
import { parseJson } from './parse-json.ts';
import { parseLogfmt, parsePairs } from './parse-pairs.ts';
import type { Parsed } from './parsed.ts';

/** A rule of `services`, ready to be used. */
export interface CompiledRule {
  readonly name: string;
  /** Of `parse: none` there is nothing to do. */
  readonly parses: boolean;
  readonly matches: (service: string, file: string, host: string) => boolean;
  readonly apply: (line: LogLine, bounds: TimeBounds) => Applied;
}

/** Takes a rule as the schema let it pass. */
export function compileRule(rule: ParseRule, limits: IndexerConfig['limits']): CompiledRule {
  const [service, file, host] = [anyGlob(rule.service), anyGlob(rule.file), anyGlob(rule.host)];
  const matches = (its: string, path: string, machine: string) => service(its) && file(path) && host(machine);
  const name = nameOfRule(rule);
  if (rule.parse === 'none') return { name, parses: false, matches, apply: (line) => ({ line, failure: null }) };
  const parse = parserOf(rule, limits);
  const shape = new LineShape(rule, name);
  return {
    name,
    parses: true,
    matches,
    apply: (line, bounds) => {
      const parsed = parse(line.message);
      return typeof parsed === 'string' ? failed(line, name, parsed) : shape.fill(line, parsed, bounds);
    },
  };
}

function parserOf(rule: ParseRule, limits: IndexerConfig['limits']): (text: string) => Parsed {
  const within = (most: number, parse: (text: string) => Parsed) => (text: string) =>
    text.length > most ? 'too_long' : parse(text);
  switch (rule.parse) {
    case 'json':
      return within(limits.textBytes, (text) => parseJson(text, limits));
    case 'logfmt':
      return within(limits.textBytes, (text) => parseLogfmt(text, limits));
    case 'key-value':
      return within(limits.textBytes, (text) => parsePairs(text, rule.separators, limits));
    default: {
      const compiled = compileExpressions(rule.parse, rule.pattern ?? [], rule.definitions);
      if (!compiled.ok) throw new TypeError(`a rule that the schema refuses: ${compiled.why}`);
      const { expressions } = compiled;
      return within(limits.expressionBytes, (text) => {
        for (const expression of expressions) {
          const found = expression(text);
          if (found !== null) return found;
        }
        return 'no_match';
      });
    }
  }
}
