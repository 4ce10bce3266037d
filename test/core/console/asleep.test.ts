import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { createFleet, type Fleet } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';

/** Tabs that sleep: the browser freezes them, and their clock is an hour further when they wake. */
let fleet: Fleet;
let browser: Browser;

const HOUR = 3_600_000;
const url = (path: string) => new URL(path, fleet.coreUrl).href;
const log = (messages: readonly string[]) => {
  const lines = messages.map((message) => JSON.stringify({ '@timestamp': new Date().toISOString(), message }));
  appendFileSync(join(fleet.logFolder(0), 'app.log'), `${lines.join('\n')}\n`);
};
const stored = async (text: string) => {
  const answer = await fetch(url(`/api/v1/logs?limit=1&q=${text}`));
  return ((await answer.json()) as LogPage).lines.length === 1;
};

beforeAll(async () => {
  fleet = await createFleet({ collectors: 1, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
  log(['first of all']);
  await until('the first line', () => stored('first'), { withinMs: 30_000 });
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await fleet?.close();
});

/** What the page asks for from now on; streams that stay open are one request each. */
function requestsOf({ page }: WatchedPage): string[] {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  return asked;
}

async function freeze({ page }: WatchedPage) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  return () => devtools.send('Page.setWebLifecycleState', { state: 'active' });
}

test('charts after an hour: the time range has moved on, the data are new, and few questions were asked', async () => {
  const watched = await openPage(browser);
  const { page } = watched;
  // Its clock is an hour behind, as if it had been opened then.
  await page.clock.install({ time: Date.now() - HOUR });
  await page.goto(url('/host/host-0?range=5m'));
  await page.getByRole('heading', { name: 'host-0', exact: true }).waitFor();
  // Of the five minutes an hour ago there is nothing, and the page says so.
  const load = page.getByRole('img', { name: /^Load\. Latest: 1 min [\d.]/ });
  expect(await load.count()).toBe(0);
  const wake = await freeze(watched);
  const asked = requestsOf(watched);
  await wake();
  await page.clock.fastForward(HOUR);
  await load.waitFor();
  const first = await load.getAttribute('aria-label');
  await until('it moves on', async () => (await load.getAttribute('aria-label')) !== first, { withinMs: 30_000 });
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(100);
  expect(watched.complaints).toEqual([]);
  await page.context().close();
});

test('a live tail after a sleep: the newest lines are there, no more than a person can look at, and no error', async () => {
  const watched = await openPage(browser);
  const { page } = watched;
  await page.goto(url('/logs'));
  await page.getByRole('button', { name: 'Live tail' }).click();
  log(['before it sleeps']);
  await page.locator('.line', { hasText: 'before it sleeps' }).waitFor();
  const wake = await freeze(watched);
  // More than the way to the page holds: the core counts what it leaves out for a reader who does not read.
  for (let part = 0; part < 20; part++) {
    log(Array.from({ length: 1000 }, (_, i) => `slept ${part * 1000 + i} ${'through '.repeat(60)}`));
  }
  log(['the last while asleep']);
  await until('all are stored', () => stored('"the last while asleep"'), { withinMs: 60_000 });
  const asked = requestsOf(watched);
  await wake();
  log(['awake again']);
  await page.locator('.line', { hasText: 'awake again' }).waitFor();
  expect(await page.locator('.lines .line').count()).toBeLessThanOrEqual(500);
  expect(asked.length).toBeLessThan(30);
  expect(watched.complaints).toEqual([]);
  await page.context().close();
});
