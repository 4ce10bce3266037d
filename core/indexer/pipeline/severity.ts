import type { LineLevel } from '../../../lib/log-lines/level.ts';
import { levelOfText } from '../../../lib/stages/line-class.ts';

/** How numbers are to be read as levels. */
export type Numbers = 'auto' | 'syslog' | 'pino' | 'otlp' | 'python';

const SYSLOG: readonly LineLevel[] = ['fatal', 'fatal', 'fatal', 'error', 'warning', 'info', 'info', 'debug'];

/** The level of a word or a number; '' if it says nothing. @param own words of a rule, in lower case; they come first */
export function levelOf(value: string, numbers: Numbers, own: ReadonlyMap<string, LineLevel>): LineLevel {
  const text = value.trim();
  const known = own.get(text.toLowerCase());
  if (known !== undefined) return known;
  return /^\d{1,3}$/.test(text) ? levelOfNumber(Number(text), numbers) : levelOfText(text);
}

function levelOfNumber(value: number, numbers: Numbers): LineLevel {
  switch (numbers) {
    case 'syslog':
      return SYSLOG[value] ?? '';
    case 'otlp':
      // SeverityNumber: four steps to a level, from trace (1) to fatal (24).
      if (value < 1 || value > 24) return '';
      return value <= 8 ? 'debug' : value <= 12 ? 'info' : value <= 16 ? 'warning' : value <= 20 ? 'error' : 'fatal';
    case 'python':
      // DEBUG 10, INFO 20, WARNING 30, ERROR 40, CRITICAL 50
      return value < 20 ? 'debug' : value < 30 ? 'info' : value < 40 ? 'warning' : value < 50 ? 'error' : 'fatal';
    case 'auto':
      return value < 8 ? SYSLOG[value]! : levelOfNumber(value, 'pino');
    default:
      // pino, bunyan: trace 10, debug 20, info 30, warn 40, error 50, fatal 60
      return value < 30 ? 'debug' : value < 40 ? 'info' : value < 50 ? 'warning' : value < 60 ? 'error' : 'fatal';
  }
}
