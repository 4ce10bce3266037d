import { channel } from 'node:diagnostics_channel';
import type { MetricFrameTimes } from './freshness/freshness.ts';

/*
 * What a program that follows one host's samples or one alert through a core can subscribe to (node:diagnostics_channel), such as a benchmark.
 * Nothing is put together for it while nobody does. Times are ms since the epoch.
 */

/** A metric frame that the store took. */
export const METRIC_FRAME_TAKEN = channel('heliograph:core:metric-frame-taken');

export interface MetricFrameTaken extends MetricFrameTimes {
  readonly host: string;
  /** When its turn came among the blocks that came with it, and when the store took it. */
  readonly decoded: number;
  readonly taken: number;
}

/** An alerting rule that was evaluated, and what it found is durable. */
export const RULE_HELD = channel('heliograph:core:rule-held');

export interface RuleHeld {
  readonly alert: string;
  /** The instant that it was evaluated at. */
  readonly time: number;
  readonly began: number;
  /** When the store had answered. */
  readonly answered: number;
  readonly held: number;
  /** Alerts that hold. */
  readonly alerts: number;
}

/** A notification that a receiver took. */
export const NOTIFICATION_SENT = channel('heliograph:core:notification-sent');

export interface NotificationSent {
  readonly receiver: string;
  /** When its turn came, and when the receiver had it. */
  readonly begun: number;
  readonly sent: number;
  readonly alerts: readonly NotifiedAlert[];
}

export interface NotifiedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: 'firing' | 'resolved';
  /** As Alert has them. */
  readonly eventAt: number | null;
  readonly activeAt: number;
}
