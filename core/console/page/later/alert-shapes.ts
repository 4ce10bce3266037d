/** Of /api/v1/alerts, and one of it. */
export type { FoundAlerts as AlertsAnswer } from '../../../api/alerts/alert-search.ts';
export type { AlertView as ShownAlert } from '../../../api/alerts/alert-view.ts';

export type Labels = Readonly<Record<string, string>>;

/** One of /api/v1/rules. */
export interface ShownRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly query: string;
  readonly labels: Labels;
  readonly annotations?: Labels;
  readonly state?: 'firing' | 'pending' | 'inactive';
  readonly health: string;
  readonly lastError?: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly duration?: number;
  readonly keepFiringFor?: number;
  readonly line?: number;
}

export interface RuleGroupAnswer {
  readonly name: string;
  readonly file: string;
  readonly interval: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly ShownRule[];
}

export interface RulesAnswer {
  readonly groups: readonly RuleGroupAnswer[];
  /** Files that cannot be used as they are. */
  readonly refused?: readonly { readonly file: string; readonly error: string }[];
}

export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** One of /api/v1/alerts/silences. */
export interface ShownSilence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly state: 'pending' | 'active' | 'expired';
}
