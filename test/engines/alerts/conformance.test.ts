import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { expectBegins, expectRules, expectStory, expectTold } from '../../core/alerts/conformance/expectations.ts';
import { startSubject } from '../../core/alerts/conformance/heliograph.ts';
import { rulesAt } from '../../core/alerts/conformance/story.ts';
import { type Look, type Subject, tell } from '../../core/alerts/conformance/subject.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { Engine } from '../../support/engine.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function startPrometheus(): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-conformance-'));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  const receiver = await new AlertReceiver().listen();
  cleanups.push(() => receiver.close());
  const rules = join(directory, 'rules.yml');
  writeFileSync(rules, rulesAt(1));
  const config = join(directory, 'prometheus.yml');
  const targets = [new URL(receiver.url).host];
  writeFileSync(
    config,
    stringify({
      rule_files: [rules],
      alerting: { alertmanagers: [{ api_version: 'v2', static_configs: [{ targets }] }] },
    }),
  );
  const engine = await Engine.start('prometheus', {}, [config, '--rules.alert.resend-delay=2s']);
  cleanups.push(() => engine.stop());
  return { url: engine.values.PROMETHEUS_URL!, receiver, resendMs: 2_000, pace: 1 };
}

/** What kinds of values stand under which keys, the arrays' first elements for all. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]));
}

/** Of the first look at which the alert fires: its group, and the alert by itself. */
function firing(looks: readonly Look[], name: string): { group: object; alert: object } {
  for (const { groups, alerts } of looks) {
    const alert = alerts.find(({ labels, state }) => labels.alertname === name && state === 'firing');
    const group = groups.find(({ rules }) => rules.some((rule) => rule.name === name && rule.state === 'firing'));
    if (alert && group) return { group, alert };
  }
  throw new Error(`${name} never fired`);
}

test('the real Prometheus is held to the same story, and what its API answers is in what ours answers, field by field', async () => {
  const [prometheus, heliograph] = [await startPrometheus(), await startSubject(cleanups)];
  const [theirs, ours] = await Promise.all([tell(prometheus), tell(heliograph)]);
  for (const [subject, { looks, written }] of [
    [prometheus, theirs],
    [heliograph, ours],
  ] as const) {
    expectStory(looks);
    expectRules(subject, looks);
    expectBegins(subject, looks, written);
    expectTold(subject, written);
  }
  for (const name of ['Life_Whole', 'Soon_AtOnce', 'Order_Second']) {
    const [expected, found] = [firing(theirs.looks, name), firing(ours.looks, name)];
    expect(shapeOf(found)).toMatchObject(shapeOf(expected) as object);
  }
  // What does not depend on when it was asked, value by value. Prometheus prints an expression in a form of its own.
  const still = (looks: readonly Look[]) =>
    JSON.parse(JSON.stringify(firing(looks, 'Soon_AtOnce')), (key, value) =>
      /^(evaluationTime|lastEvaluation|activeAt|file|query)$/.test(key) ? undefined : value,
    );
  expect(still(ours.looks)).toMatchObject(still(theirs.looks));
});

test('over VictoriaMetrics the story is the same', async () => {
  const engine = await Engine.start('victoria-metrics', {}, ['-dedup.minScrapeInterval=1ms']);
  cleanups.push(() => engine.stop());
  const addresses = [engine.values.VICTORIA_METRICS_URL];
  // What a rule writes is seen a second later, and the rules after it wait for that.
  const subject = await startSubject(cleanups, { metrics: 'victoriametrics', victoriametrics: { addresses } }, 4);
  const { looks, written } = await tell(subject);
  // It shows a series that is new later than the end of the one that it follows.
  expectStory(looks, { seamless: false });
  expectRules(subject, looks);
  expectBegins(subject, looks, written);
  expectTold(subject, written);
});
