import { hash32 } from './hash32.ts';
import { HEADS, lineHead } from './line-heads.ts';
import type { LineTails } from './line-tails.ts';
import type { SimulatedLine } from './log-lines.ts';

/** With which beginning a host's line begins. */
export function headOf(host: number, number: number): number {
  return hash32(host, number, 5) % HEADS;
}

/** What host `host` writes as its line number `number` in a run, before anything is masked. */
export function hostLine(host: number, number: number, tails: LineTails): SimulatedLine {
  const { service, level, message, json } = lineHead(headOf(host, number));
  return { service, level, message: message + tails.text(host, number, json) };
}
