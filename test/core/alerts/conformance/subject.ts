import { setTimeout as wait } from 'node:timers/promises';
import type { QueryData } from '../../../../core/ports/metric-store.ts';
import { remoteWrite } from '../../../engines/promql/remote-write.ts';
import type { AlertReceiver } from '../../../support/alert-receiver.ts';
import { until } from '../../../support/until.ts';
import { INTERVAL_MS, SERIES, SLOT_MS, SLOTS } from './story.ts';

/** Who is held to the story, and where it is reached. */
export interface Subject {
  readonly url: string;
  /** Its Alertmanager. */
  readonly receiver: AlertReceiver;
  readonly resendMs: number;
  /** How many times as long all takes. */
  readonly pace: number;
}

export interface ApiAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
  readonly value: string;
}

export interface ApiRule {
  readonly type: string;
  readonly name: string;
  readonly state: string;
  readonly health: string;
  readonly lastError?: string;
  readonly lastEvaluation: string;
  readonly alerts?: readonly ApiAlert[];
}

export interface ApiGroup {
  readonly name: string;
  readonly interval: number;
  readonly lastEvaluation: string;
  readonly rules: readonly ApiRule[];
}

/** What was seen at once. */
export interface Look {
  /** ms since the epoch */
  readonly at: number;
  readonly alerts: readonly ApiAlert[];
  readonly groups: readonly ApiGroup[];
  /** The instant vector `ALERTS`. */
  readonly series: readonly Readonly<Record<string, string>>[];
}

/** A series of what rules wrote. */
export interface Written {
  readonly metric: Readonly<Record<string, string>>;
  /** ms since the epoch, and the value. */
  readonly samples: readonly (readonly [time: number, value: number])[];
}

const LOOK_EVERY_MS = 150;

/** Tells a subject the story, and writes down what is seen meanwhile. */
export async function tell(subject: Subject): Promise<{ looks: Look[]; written: Written[] }> {
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${subject.url}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { data: T }).data;
  };
  const ask = (query: string, at: number) =>
    get<QueryData>(`/api/v1/query?${new URLSearchParams({ query, time: new Date(at).toISOString() })}`);
  const groupsOf = async () => (await get<{ groups: ApiGroup[] }>('/api/v1/rules')).groups;
  const evaluated = async () => {
    const rules = (await groupsOf()).flatMap((group) => group.rules);
    return rules.length > 0 && rules.every(({ health }) => health === 'ok');
  };
  await until('each rule was evaluated', evaluated, { withinMs: 20_000 + INTERVAL_MS * subject.pace });
  const zero = Date.now();
  const slotMs = SLOT_MS * subject.pace;
  const looks: Look[] = [];
  const look = async () => {
    const at = Date.now();
    const [{ alerts }, groups, data] = await Promise.all([
      get<{ alerts: ApiAlert[] }>('/api/v1/alerts'),
      groupsOf(),
      ask('ALERTS', at),
    ]);
    if (data.resultType !== 'vector') throw new Error(`a vector, not ${data.resultType}`);
    looks.push({ at, alerts, groups, series: data.result.map(({ metric }) => metric) });
  };
  const write = async () => {
    for (let slot = 0; slot < SLOTS; slot++) {
      await wait(Math.max(0, zero + slot * slotMs - Date.now()));
      await remoteWrite(subject.url, samplesAt(slot, zero + slot * slotMs), zero, zero + SLOTS * slotMs);
    }
  };
  let over = false;
  const writing = write().finally(() => {
    over = true;
  });
  while (!over) {
    await look();
    await wait(LOOK_EVERY_MS * subject.pace);
  }
  await writing;
  const data = await ask('{__name__=~"ALERTS|ALERTS_FOR_STATE"}[1h]', Date.now());
  if (data.resultType !== 'matrix') throw new Error(`a matrix, not ${data.resultType}`);
  const written = data.result.map(({ metric, values }) => ({
    metric,
    // VictoriaMetrics shows the markers of ends, too.
    samples: values
      .filter(([, value]) => value !== 'NaN')
      .map(([time, value]) => [Math.round(time * 1_000), Number(value)] as const),
  }));
  return { looks, written };
}

function samplesAt(slot: number, time: number) {
  return SERIES.map(({ labels, values }) => ({
    labels,
    times: Float64Array.of(time),
    values: Float64Array.of(values.findLast(([from]) => from <= slot)![1]),
  }));
}
