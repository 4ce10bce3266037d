/** Prometheus' names of what a rule can do. */
export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** A rule in the form of Prometheus' `relabel_config`, its keys included; what was not written has its default. */
export interface RelabelRule {
  readonly source_labels: readonly string[];
  readonly separator: string;
  /** RE2, anchored at both ends, `.` matches line breaks too. */
  readonly regex: string;
  readonly modulus: number;
  readonly target_label: string;
  readonly replacement: string;
  readonly action: RelabelAction;
}

/** What Prometheus takes where nothing is written. */
export const RELABEL_DEFAULTS: RelabelRule = {
  source_labels: [],
  separator: ';',
  regex: '(.*)',
  modulus: 0,
  target_label: '',
  replacement: '$1',
  action: 'replace',
};

/** What stands in the place of a rule's number where no rule dropped. */
export const KEPT = -1;

/** What the rules work on: labels of series, or fields of lines by their ECS names. */
export type RelabelKind = 'metrics' | 'logs';
