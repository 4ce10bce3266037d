import type { AlertPlace } from '../../../api/alerts/alert-place.ts';

export type Labels = Readonly<Record<string, string>>;

/** One of /api/v1/alerts. Times are RFC 3339. */
export interface ShownAlert {
  readonly key: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly activeAt: string;
  readonly keepFiringSince?: string;
  readonly value: string;
  readonly source: string;
  readonly firedAt: string | null;
  readonly resolvedAt: string | null;
  readonly acknowledged: { readonly by: string; readonly at: string; readonly note: string } | null;
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  /** Fingerprints of alerts. */
  readonly inhibitedBy: readonly string[];
  readonly place: AlertPlace;
  readonly notifiedAt: string | null;
}

/** Of /api/v1/alerts. */
export interface AlertsAnswer {
  /** The gravest first, as many as were asked for. */
  readonly alerts: readonly ShownAlert[];
  readonly total: number;
  readonly places: Readonly<Record<AlertPlace, number>>;
  readonly severities: readonly string[];
  readonly sources: readonly string[];
}

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
