import type { ExpectedAlert } from './file.ts';

type Labels = Readonly<Record<string, string>>;

export interface FoundSample {
  readonly labels: Labels;
  readonly value: number;
}

/** What is not as a test has it. Times are ms from the test's start; lines are of the file of tests. */
export type Problem =
  | {
      readonly kind: 'alerts';
      readonly line: number;
      readonly at: number;
      readonly alert: string;
      readonly expected: readonly ExpectedAlert[];
      readonly found: readonly ExpectedAlert[];
    }
  | {
      readonly kind: 'samples';
      readonly line: number;
      readonly at: number;
      readonly expression: string;
      readonly expected: readonly FoundSample[];
      readonly found: readonly FoundSample[];
    }
  /** An expression of a test, or a rule, has no answer. */
  | {
      readonly kind: 'query';
      readonly line: number;
      readonly at: number;
      readonly expression: string;
      readonly message: string;
    }
  | {
      readonly kind: 'rule';
      readonly line: number;
      readonly at: number;
      readonly rule: string;
      readonly message: string;
    };

export interface TestOutcome {
  /** '' for one without a name. */
  readonly name: string;
  readonly line: number;
  readonly problems: readonly Problem[];
}
