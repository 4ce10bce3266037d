import { METRIC_NAME } from '../../../lib/promql/matcher.ts';
import type { PageSeries } from '../../../proto/page.ts';
import type { OwnSample } from '../../own-samples.ts';
import type { Alert } from '../alert.ts';

/** The series that say which alerts pend and fire, and since when: those of Prometheus. */
export const ALERTS = 'ALERTS';
export const ALERTS_FOR_STATE = 'ALERTS_FOR_STATE';

/** The samples of an alert that pends or fires, at `time`, ms since the epoch. */
export function alertSamples({ labels, state, activeAt }: Alert, time: number): OwnSample[] {
  return [
    { series: seriesOf(ALERTS, { ...labels, alertstate: state }), time, value: 1 },
    { series: seriesOf(ALERTS_FOR_STATE, labels), time, value: Math.floor(activeAt / 1000) },
  ];
}

/** A series by its name and its labels; a `__name__` and empty values among them are left out. */
export function seriesOf(name: string, labels: Readonly<Record<string, string>>): PageSeries {
  const pairs = Object.entries(labels).filter(([label, value]) => label !== METRIC_NAME && value !== '');
  return { name, labels: pairs.sort(([a], [b]) => (a < b ? -1 : 1)) };
}
