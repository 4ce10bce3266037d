import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { TokenList } from '../../lib/tokens/token-file.ts';
import type { Alerts } from '../alerts/open.ts';
import type { CoreConfig } from '../config.ts';
import type { DesiredStore } from '../fleet/desired.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { LevelDesk } from '../fleet/level-desk.ts';
import type { Silences } from '../fleet/silences.ts';
import type { FreshnessView } from '../freshness/freshness.ts';
import type { Doors } from '../gateway/doors/open.ts';
import type { Gaps } from '../ledger/gaps.ts';
import type { LedgerParts } from '../ledger/view.ts';
import type { LetterDesk } from '../letters/desk.ts';
import type { DoorLimits } from '../limits/open.ts';
import type { OrderDesk } from '../limits/order-desk.ts';
import type { ApiAnswer, ApiQuestion } from '../peers/api-question.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Matcher, MetricStore } from '../ports/metric-store.ts';
import type { LogTail } from '../tail/log-tail.ts';
import type { Health } from './health.ts';

/** Everything the HTTP API stands on. */
export interface ApiParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly query: CoreConfig['query'];
  readonly metrics: MetricStore;
  readonly logs: LogStore;
  readonly fleet: Fleet;
  readonly desired: DesiredStore;
  readonly levels: LevelDesk;
  readonly gaps: Gaps;
  readonly silences: Silences;
  readonly tail: LogTail;
  /** Of this process, or of all of a split core. */
  readonly letters: LetterDesk;
  readonly ledger: LedgerParts;
  readonly freshness: { view(): FreshnessView };
  readonly health: Health;
  /** The matchers of a series selector such as up{job="node"}. @throws HeliographError HG_QUERY_... */
  readonly parseSelector: (text: string) => readonly Matcher[];
  /** What this machine's programs push into; null where this process is no gateway. */
  readonly doors: Pick<Doors, 'addTo'> | null;
  /** Null: this process counts no series. */
  readonly cardinality: Pick<DoorLimits, 'report'> | null;
  readonly orders: OrderDesk;
  readonly tokens: Pick<TokenList, 'find'>;
  /** Null where another process of this core has them. */
  readonly alerts: Alerts | null;
  /** Who answers for it then; null: nobody is asked. */
  readonly alertsElsewhere: ((question: ApiQuestion) => Promise<ApiAnswer>) | null;
}
