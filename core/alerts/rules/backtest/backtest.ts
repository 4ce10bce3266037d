import { DatabaseSync } from 'node:sqlite';
import { HeliographError } from '../../../../lib/errors.ts';
import type { QueryData } from '../../../ports/metric-store.ts';
import type { Alert, AlertMaker } from '../../alert.ts';
import { AlertBook } from '../../alert-book.ts';
import { AlertStore } from '../../alert-store.ts';
import { evaluateAlertingRule, type InstantSample, type RuleSurroundings } from '../evaluate-rule.ts';
import type { AlertingRule, RuleGroup } from '../file.ts';
import { stepsOf } from './steps.ts';

/** Asks for stored data. Times are ms since the epoch. */
export interface StoredData {
  queryRange(expression: string, start: number, end: number, step: number): Promise<QueryData>;
  /** For queries of templates. */
  query(expression: string, time: number): Promise<readonly InstantSample[]>;
}

/** When an alert would have fired. Times are ms since the epoch. */
export interface Firing {
  readonly labels: Readonly<Record<string, string>>;
  /** Since when it held, and when it fired. */
  readonly activeAt: number;
  readonly begin: number;
  /** Null: at the end of the time that was asked for it fired still. */
  readonly end: number | null;
  /** When it fired, as Prometheus prints it. */
  readonly value: string;
}

export interface BacktestOutcome {
  readonly firings: readonly Firing[];
  /** How often it held, and not long enough to fire. */
  readonly pended: number;
  /** Evaluations that were made. */
  readonly evaluations: number;
}

export interface BacktestTimes {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Steps that are asked for at once. */
const PIECE = 500;
const MOST_ALERTS = 100_000;
/** Nobody reads more. */
const MOST_FIRINGS = 100_000;

/**
 * When a rule would have fired: its expression over stored data, step by step, and the life of its alerts by the code that a core uses.
 * @param onPiece told how much is done, 0 to 1
 * @throws HeliographError what `data` throws, HG_ALERT_TWICE, HG_ALERT_TOO_MANY
 */
export async function backtest(
  rule: AlertingRule,
  group: Pick<RuleGroup, 'queryOffsetMs'>,
  times: BacktestTimes,
  data: StoredData,
  surroundings: Pick<RuleSurroundings, 'externalLabels' | 'externalUrl'>,
  onPiece: (done: number) => void = () => undefined,
): Promise<BacktestOutcome> {
  const database = new DatabaseSync(':memory:');
  try {
    const book = new AlertBook(new AlertStore(database, ':memory:'), MOST_ALERTS);
    const { forMs, keepFiringForMs, alert: name } = rule;
    const maker: AlertMaker = { id: 'backtest', source: 'rule', name, forMs, keepFiringForMs };
    const fired: Alert[] = [];
    let pended = 0;
    book.onChange((alert, change) => {
      if (change === 'firing') fired.push(alert);
      if (change === 'dropped') pended++;
    });
    // Annotations are for people who are woken; here they would only cost.
    const bare: AlertingRule = { ...rule, annotations: {} };
    const { from, to, step } = times;
    const values = new Map<Alert, string>();
    let evaluations = 0;
    for (let start = from; start <= to; start += PIECE * step) {
      const end = Math.min(to, start + (PIECE - 1) * step);
      const offset = group.queryOffsetMs;
      const answer = await data.queryRange(rule.expr, start - offset, end - offset, step);
      for (const { time, samples } of stepsOf(answer, start - offset, end - offset, step)) {
        const now = time + offset;
        const ask = async (expression: string) => (expression === rule.expr ? samples : data.query(expression, time));
        const held = samples.length === 0 ? [] : await evaluateAlertingRule(bare, ask, { ...surroundings, now });
        book.hold(maker, held, now);
        for (const alert of fired) if (!values.has(alert)) values.set(alert, alert.value);
        evaluations++;
        if (fired.length > MOST_FIRINGS) {
          throw new HeliographError(
            'HG_ALERT_TOO_MANY',
            `${name} fires more than ${MOST_FIRINGS} times; ask for a shorter time`,
          );
        }
      }
      onPiece((end - from + step) / (to - from + step));
    }
    const firings = fired.map((alert) => ({
      ...{ labels: alert.labels, activeAt: alert.activeAt, begin: alert.firedAt!, end: alert.resolvedAt },
      value: values.get(alert)!,
    }));
    return { firings, pended, evaluations };
  } finally {
    database.close();
  }
}
