import { expect } from 'vitest';
import { type AlertStory, type Chapter, INTERVAL_MS, RULE_STATES, STORIES } from './story.ts';
import type { ApiAlert, Look, Subject, Written } from './subject.ts';

/** A machine that is busy: how late what is due may be, ms. */
const LATE_MS = 5_000;
/** Samples further apart are of two lives of an alert. */
const APART_MS = 5_000;
/** A machine that is busy may miss an evaluation, and a core says so. */
const MISSED = 'HeliographRuleEvaluationsMissed';
const GROUPS = new Set(['Life', 'Short', 'Soon', 'Order']);

/** An alert from its begin to its end, as the samples of `ALERTS` say it: ms since the epoch. */
export interface Life {
  readonly activeAt: number;
  /** Null: it never fired. */
  readonly firedAt: number | null;
  readonly last: number;
}

/** One alert as an Alertmanager was told of it. */
interface Told {
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly generatorURL: string;
}

/** As it comes: Prometheus leaves out annotations where there are none. */
interface Sent extends Pick<Told, 'labels' | 'generatorURL'> {
  readonly annotations?: Told['annotations'];
  readonly startsAt: string;
  readonly endsAt: string;
}

const keyOf = (labels: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Without what is the same as what is before it. */
function changes<T>(all: readonly T[]): T[] {
  return all.filter((one, i) => i === 0 || JSON.stringify(one) !== JSON.stringify(all[i - 1]));
}

const chapterOf = ({ state, value, annotations }: ApiAlert): Chapter => ({
  state: state as Chapter['state'],
  value: Number(value),
  annotations,
});

/**
 * What both APIs and the series show, look after look, is each alert's story and nothing else.
 * @param seamless false: the store shows a series that is new late, and may show none meanwhile
 */
export function expectStory(looks: readonly Look[], { seamless = true } = {}): void {
  const stories = new Map(STORIES.map((story) => [keyOf(story.labels), story]));
  const inOrder = (annotations: Chapter['annotations']) => Object.fromEntries(Object.entries(annotations).sort());
  const sorted = (chapter: Chapter | null) => chapter && { ...chapter, annotations: inOrder(chapter.annotations) };
  const shown = (alertsOf: (look: Look) => readonly ApiAlert[], what: string) => {
    for (const look of looks) {
      const ours = alertsOf(look).filter(({ labels }) => GROUPS.has(labels.rulegroup ?? ''));
      for (const { labels } of ours) expect(stories.has(keyOf(labels)), `${what}: ${keyOf(labels)}`).toBe(true);
    }
    for (const [key, { chapters }] of stories) {
      const seen = looks.map((look) => {
        const alert = alertsOf(look).find(({ labels }) => keyOf(labels) === key);
        return sorted(alert ? chapterOf(alert) : null);
      });
      expect(changes([null, ...seen]), `${what}: ${key}`).toEqual([null, ...chapters.map(sorted)]);
    }
  };
  shown(({ alerts }) => alerts, '/api/v1/alerts');
  shown(({ groups }) => groups.flatMap(({ rules }) => rules.flatMap(({ alerts = [] }) => alerts)), '/api/v1/rules');
  for (const story of STORIES) {
    const states = story.chapters.map((chapter) => chapter?.state ?? null);
    const seen = looks.map(({ series }) => {
      const its = series.filter(
        ({ __name__: _, alertstate, ...labels }) => keyOf(labels) === keyOf(withoutState(story)) && alertstate,
      );
      expect(its.length, `one state of ${keyOf(story.labels)}`).toBeLessThan(2);
      return its[0]?.alertstate ?? null;
    });
    const [found, expected] = [changes([null, ...seen]), changes([null, ...states])];
    if (seamless) expect(found, `ALERTS of ${keyOf(story.labels)}`).toEqual(expected);
    else expect(isWithin(found, expected), `ALERTS of ${keyOf(story.labels)}: ${found.join(', ')}`).toBe(true);
  }
}

/** Whether some states are some of others, in their order; null stands anywhere. */
function isWithin(some: readonly (string | null)[], all: readonly (string | null)[]): boolean {
  let at = 0;
  for (const one of changes(some.filter((state) => state !== null))) {
    at = all.indexOf(one, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** The label `alertstate` of the series is that of the alert's state, whatever the alert has. */
function withoutState({ labels }: AlertStory): Record<string, string> {
  const { alertstate: _, ...rest } = labels;
  return rest;
}

/** Each rule is shown as it stands in its file, evaluated when it is due, well, and in the state of its alerts. */
export function expectRules({ pace }: Subject, looks: readonly Look[]): void {
  const intervalMs = INTERVAL_MS * pace;
  for (const [name, states] of Object.entries(RULE_STATES)) {
    const seen = looks.map(({ groups }) => groups.flatMap(({ rules }) => rules).find((rule) => rule.name === name)!);
    expect(changes(seen.map(({ state }) => state)), name).toEqual(states);
  }
  for (const { at, groups } of looks) {
    const ours = groups.filter(({ name }) => GROUPS.has(name));
    expect(ours.map(({ name }) => name)).toEqual([...GROUPS].sort());
    for (const { interval, lastEvaluation, rules } of ours) {
      expect(interval).toBe(intervalMs / 1_000);
      for (const one of [lastEvaluation, ...rules.map((rule) => rule.lastEvaluation)]) {
        expect(at - Date.parse(one)).toBeLessThan(intervalMs + LATE_MS);
      }
      for (const { health, lastError } of rules) expect([health, lastError ?? '']).toEqual(['ok', '']);
    }
  }
}

/** The lives of an alert by the samples of `ALERTS`; each sample is 1 and stands where `for` says. */
export function livesOf(story: AlertStory, written: readonly Written[], pace: number): Life[] {
  const samples: { time: number; state: string }[] = [];
  for (const { metric, samples: its } of written) {
    const { __name__: name, alertstate, ...labels } = metric;
    if (name !== 'ALERTS' || keyOf(labels) !== keyOf(withoutState(story))) continue;
    for (const [time, value] of its) {
      expect(value).toBe(1);
      samples.push({ time, state: alertstate! });
    }
  }
  samples.sort((a, b) => a.time - b.time);
  const lives: Life[] = [];
  let life: { activeAt: number; firedAt: number | null; last: number } | null = null;
  for (const { time, state } of samples) {
    if (life === null || time - life.last > APART_MS * pace) {
      life = { activeAt: time, firedAt: null, last: time };
      lives.push(life);
    }
    expect((time - life.activeAt) % (INTERVAL_MS * pace), 'on its grid').toBe(0);
    expect(state, `${story.rule} after ${time - life.activeAt} ms`).toBe(
      time - life.activeAt < story.forMs * pace ? 'pending' : 'firing',
    );
    if (state === 'firing') life.firedAt ??= time;
    life.last = time;
  }
  return lives;
}

/** The APIs and `ALERTS_FOR_STATE` say of each life that it began when its first sample says. */
export function expectBegins({ pace }: Subject, looks: readonly Look[], written: readonly Written[]): void {
  for (const story of STORIES) {
    const begins = livesOf(story, written, pace).map(({ activeAt }) => activeAt);
    expect(begins, story.rule).toHaveLength(story.chapters.filter((chapter) => chapter === null).length);
    const seen = looks.flatMap(({ alerts }) =>
      alerts.filter(({ labels }) => keyOf(labels) === keyOf(story.labels)).map(({ activeAt }) => Date.parse(activeAt)),
    );
    expect(changes(seen), story.rule).toEqual(begins);
    const forState = written.find(({ metric: { __name__: name, ...labels } }) => {
      return name === 'ALERTS_FOR_STATE' && keyOf(labels) === keyOf(story.labels);
    })!;
    const values = changes(forState.samples.map(([, value]) => value));
    expect(values, story.rule).toEqual(begins.map((ms) => Math.floor(ms / 1_000)));
  }
}

/** An Alertmanager hears of what fires, again while it does, and of its end, again until it begins anew; and of nothing else. */
export function expectTold({ receiver, resendMs, pace }: Subject, written: readonly Written[]): void {
  const intervalMs = INTERVAL_MS * pace;
  const told = receiver.posted.flatMap(({ at, path, body }) => {
    expect(path).toBe('/api/v2/alerts');
    return (body as Sent[])
      .filter(({ labels }) => labels.alertname !== MISSED)
      .map(
        (alert): Told => ({
          annotations: {},
          ...alert,
          at,
          startsAt: Date.parse(alert.startsAt),
          endsAt: Date.parse(alert.endsAt),
        }),
      );
  });
  const fires = STORIES.filter(({ chapters }) => chapters.some((chapter) => chapter?.state === 'firing'));
  expect(new Set(told.map(({ labels }) => keyOf(labels)))).toEqual(new Set(fires.map(({ labels }) => keyOf(labels))));
  for (const story of fires) {
    const its = told.filter(({ labels }) => keyOf(labels) === keyOf(story.labels));
    for (const { generatorURL } of its) expect(URL.canParse(generatorURL), generatorURL).toBe(true);
    const firing = its.filter(({ at, endsAt }) => endsAt > at);
    const annotations = story.chapters.filter((chapter) => chapter?.state === 'firing').map((one) => one!.annotations);
    expect(changes(firing.map((one) => one.annotations)), story.rule).toEqual(changes(annotations));
    const lives = livesOf(story, written, pace);
    for (const [i, { firedAt, last }] of lives.entries()) {
      const next = lives[i + 1]?.activeAt ?? Number.POSITIVE_INFINITY;
      const ofLife = its.filter(({ startsAt }) => startsAt === firedAt);
      const begin = ofLife.filter(({ at, endsAt }) => endsAt > at);
      const end = ofLife.filter(({ at, endsAt }) => endsAt <= at);
      expect(begin[0]!.at - firedAt!, story.rule).toBeLessThan(intervalMs + LATE_MS);
      for (const { at, endsAt } of begin) {
        expect(endsAt - at, story.rule).toBeLessThanOrEqual(4 * Math.max(resendMs, intervalMs) + intervalMs);
        expect(endsAt - at, story.rule).toBeGreaterThan(4 * Math.max(resendMs, intervalMs) - LATE_MS);
      }
      const [resolvedAt] = new Set(end.map(({ endsAt }) => endsAt));
      expect(changes(end.map(({ endsAt }) => endsAt)), story.rule).toEqual([resolvedAt]);
      expect((resolvedAt! - firedAt!) % intervalMs).toBe(0);
      expect(resolvedAt! - last, story.rule).toBeGreaterThan(0);
      expect(resolvedAt! - last, story.rule).toBeLessThan(intervalMs + LATE_MS);
      // First all that says that it fires, then all that says that it ended, and that no more when it begins anew.
      expect(ofLife).toEqual([...begin, ...end]);
      expect(Math.max(...end.map(({ at }) => at)), story.rule).toBeLessThan(next + intervalMs + LATE_MS / 2);
      expectResends(begin, last, { resendMs, intervalMs }, story.rule);
      if (Number.isFinite(next)) expectResends(end, next, { resendMs, intervalMs }, story.rule);
    }
    expect(new Set(its.map(({ startsAt }) => startsAt)), story.rule).toEqual(new Set(lives.map((one) => one.firedAt)));
  }
}

/** One every `resendMs`, or at the first evaluation after that, and none sooner. */
function expectResends(
  told: readonly Told[],
  until: number,
  { resendMs, intervalMs }: Readonly<Record<'resendMs' | 'intervalMs', number>>,
  what: string,
): void {
  const between = told.slice(1).map(({ at }, i) => at - told[i]!.at);
  for (const gap of between) expect(gap, what).toBeGreaterThan(resendMs - intervalMs);
  const least = Math.floor((until - told[0]!.at) / (resendMs + 2 * intervalMs));
  expect(told.length, what).toBeGreaterThanOrEqual(least);
}
