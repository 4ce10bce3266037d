import type { Sample, Value } from './values.ts';

/** What a parameter takes: a value of that type of Go, or any. */
export type Parameter = 'any' | 'string' | 'vector' | 'sample';

/** What functions may look at. */
export interface Surroundings {
  /** ms since the epoch: the instant of the rule's evaluation. */
  readonly now: number;
  readonly externalUrl: string;
}

/** A function that a template may call. */
export interface TemplateFunction {
  readonly parameters: readonly Parameter[];
  /** The last parameter may stand any number of times. */
  readonly variadic?: boolean;
  /** @throws FillTrouble */
  call(args: readonly Value[], surroundings: Surroundings): Value;
}

/** A function of parameters, the shortest way to write one. */
export function define(
  parameters: readonly Parameter[],
  call: TemplateFunction['call'],
  variadic = false,
): TemplateFunction {
  return { parameters, call, variadic };
}

/** What a query gave, as a template sees it. */
export type Answer = readonly Sample[];
