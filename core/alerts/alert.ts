/** Who finds that an alert holds: a Prometheus rule, a rule over log lines, the inventory of hosts, a relay that hands it over, the core about itself. */
export type AlertSource = 'rule' | 'log' | 'inventory' | 'relay' | 'own';

/** What makes alerts, as far as their life depends on it. */
export interface AlertMaker {
  /** Over all sources; equal after a restart or a reload for what goes on as before. */
  readonly id: string;
  readonly source: AlertSource;
  /** The label `alertname`. */
  readonly name: string;
  /** How long it must hold before it fires, and how long it fires on after it held last, ms. */
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Of one that looks again and again: how often, ms, and at what expression. */
  readonly everyMs?: number;
  readonly query?: string;
}

/** When a maker looked last, by the time that alerts are judged by, ms. */
export interface Look {
  readonly maker: AlertMaker;
  readonly at: number;
}

/** That something holds now: one alert. */
export interface Held {
  /** Whole: with `alertname` and what the rule adds; no empty values. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** As Prometheus prints it. */
  readonly value: string;
  /** When what it tells of happened (the sample, the line, the end of a connection), ms since the epoch; null: nobody can say. */
  readonly eventAt: number | null;
  /** When it began to hold, where somebody else saw that; not there: now. */
  readonly activeAt?: number;
  /** As Alert.notifiedBy. */
  readonly notifiedBy?: string | null;
}

/** One alert from its begin to its end. Times are ms since the epoch. */
export interface Alert {
  /** AlertMaker.id */
  readonly maker: string;
  readonly source: AlertSource;
  readonly labels: Readonly<Record<string, string>>;
  /** lib/alerts/fingerprint.ts of the labels. */
  readonly fingerprint: string;
  annotations: Readonly<Record<string, string>>;
  value: string;
  state: 'pending' | 'firing' | 'resolved';
  /** When it began to hold, and when it held last. */
  readonly activeAt: number;
  heldAt: number;
  firedAt: number | null;
  resolvedAt: number | null;
  /** Since when it fires only because of `keep_firing_for`; null: it holds. */
  keptSince: number | null;
  readonly eventAt: number | null;
  /** Who else tells people of it, such as a relay; the core shows it only. Null or not there: the core notifies. */
  notifiedBy?: string | null;
}
