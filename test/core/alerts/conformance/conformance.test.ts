import { afterAll, expect, test } from 'vitest';
import { expectBegins, expectRules, expectStory, expectTold } from './expectations.ts';
import { startSubject } from './heliograph.ts';
import { tell } from './subject.ts';

/**
 * What Prometheus' specification of an alert generator asks of one (prometheus/compliance, alert_generator): a core as a user starts it, told of samples
 * by remote write, is asked over Prometheus' API what pends and fires, and tells an Alertmanager.
 */
/** 30: as slow as that specification's own suite, about twenty minutes. */
const PACE = Number(process.env.HELIOGRAPH_PACE ?? 1);
const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean();
});

test('a core is an alert generator as Prometheus specifies it: states, series, both APIs, and what an Alertmanager hears', {
  timeout: 180_000 + PACE * 60_000,
}, async () => {
  const subject = await startSubject(cleanups, {}, PACE);
  const { looks, written } = await tell(subject);
  expect(looks.length).toBeGreaterThan(50);
  expectStory(looks);
  expectRules(subject, looks);
  expectBegins(subject, looks, written);
  expectTold(subject, written);
});
