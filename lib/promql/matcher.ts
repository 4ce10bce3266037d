export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition of a selector: what a label's value must be, or be like. */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

/** The label that holds a series' metric name. */
export const METRIC_NAME = '__name__';
