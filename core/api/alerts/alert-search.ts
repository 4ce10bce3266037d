import type { Alert } from '../../alerts/alert.ts';
import { matcherTest, parseMatchers } from '../../alerts/notify/matchers.ts';
import type { AlertStanding } from '../../alerts/notify/notifier.ts';
import { type AlertPlace, PLACES, placeOf } from './alert-place.ts';
import { type AlertView, alertView } from './alert-view.ts';
import { saysAll } from './alert-words.ts';

/** The gravest first. */
const GRAVE = ['page', 'critical', 'error', 'warning', 'info'];
const MOST_SEVERITIES = 100;

export interface AlertSearch {
  readonly state: 'active' | 'all' | Alert['state'];
  readonly source: 'all' | Alert['source'];
  /** Of the label; null: any. */
  readonly severity: string | null;
  /** As `saysAll`. */
  readonly text: string;
  /** Such as `instance=~"web.*"`; all must fit. */
  readonly matchers: readonly string[];
  /** None: all of them. */
  readonly places: ReadonlySet<AlertPlace>;
  /** 0: all that fit. */
  readonly limit: number;
}

export interface FoundAlerts {
  readonly alerts: readonly AlertView[];
  /** How many fit. */
  readonly total: number;
  /** How many fit in each place, whatever places were asked for. */
  readonly places: Readonly<Record<AlertPlace, number>>;
  /** What there is to choose from, of all with that state. */
  readonly severities: readonly string[];
  readonly sources: readonly string[];
}

/** The gravest that fit, then the newest. @throws HeliographError HG_QUERY_* for a matcher that cannot be read */
export function searchAlerts(
  all: Iterable<Alert>,
  standingOf: (alert: Alert) => AlertStanding,
  { state, source, severity, text, matchers, places: wanted, limit }: AlertSearch,
): FoundAlerts {
  const says = saysAll(text);
  const fits = matcherTest(matchers.flatMap(parseMatchers));
  const places: Record<AlertPlace, number> = { firing: 0, pending: 0, acknowledged: 0, silenced: 0, ended: 0 };
  const severities = new Set<string>();
  const sources = new Set<string>();
  const found: { alert: Alert; standing: AlertStanding; place: number; rank: number }[] = [];
  for (const alert of all) {
    if (state !== 'all' && alert.state !== state && !(state === 'active' && alert.state !== 'resolved')) continue;
    const { labels, annotations } = alert;
    const grave = labels.severity ?? '';
    sources.add(alert.source);
    if (grave !== '' && severities.size < MOST_SEVERITIES) severities.add(grave);
    if (source !== 'all' && alert.source !== source) continue;
    if (severity !== null && grave !== severity) continue;
    if (!fits(labels) || !says(labels, annotations)) continue;
    const standing = standingOf(alert);
    const place = placeOf(alert, standing);
    places[place]++;
    if (wanted.size > 0 && !wanted.has(place)) continue;
    const rank = GRAVE.indexOf(grave);
    found.push({ alert, standing, place: PLACES.indexOf(place), rank: rank < 0 ? GRAVE.length : rank });
  }
  found.sort((a, b) => a.place - b.place || a.rank - b.rank || b.alert.activeAt - a.alert.activeAt);
  const shown = limit === 0 ? found : found.slice(0, limit);
  return {
    alerts: shown.map(({ alert, standing }) => alertView(alert, standing)),
    total: found.length,
    ...{ places, severities: [...severities].sort(), sources: [...sources].sort() },
  };
}
