/** One alert: of one rule, with one set of labels. What of it must outlive the relay stands here; times are ms since the epoch. */
export interface Alert {
  /** AlertingRule.id */
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  annotations: Readonly<Record<string, string>>;
  /** As Prometheus prints it. */
  value: string;
  state: 'pending' | 'firing' | 'resolved';
  /** When it began to hold, and when it held last. */
  readonly activeAt: number;
  heldAt: number;
  firedAt: number | null;
  resolvedAt: number | null;
  /** What stands in the journal of it. */
  told: 'nothing' | 'firing' | 'resolved';
  /** Whose it is to notify people, from the first notification to the last; null: nobody has said so yet. */
  owner: 'core' | 'relay' | null;
  /** Whether the journal has who owns it. */
  ownerTold: boolean;
  /** End of the journal's chain of alerts when it was told last. */
  position: number;
  /** By receiver: what it knows. */
  sent: Record<string, 'firing' | 'resolved'>;
}
