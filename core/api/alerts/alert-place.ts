import type { Alert } from '../../alerts/alert.ts';
import type { AlertStanding } from '../../alerts/notify/notifier.ts';

/** Where an alert stands for people: each in one of these. */
export const PLACES = ['firing', 'pending', 'acknowledged', 'silenced', 'ended'] as const;
export type AlertPlace = (typeof PLACES)[number];

export function placeOf(
  { state }: Pick<Alert, 'state'>,
  { acknowledged, silencedBy, inhibitedBy }: Pick<AlertStanding, 'acknowledged' | 'silencedBy' | 'inhibitedBy'>,
): AlertPlace {
  if (state === 'resolved') return 'ended';
  if (silencedBy.length + inhibitedBy.length > 0) return 'silenced';
  if (acknowledged) return 'acknowledged';
  return state;
}
