import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, type WatchedPage } from '../support/browser.ts';
import { screenshot } from '../support/screenshot.ts';
import { until } from '../support/until.ts';
import { definitions, eventFrame, type Host, metricFrame, Place, statusMessage } from './setup.ts';

/** A real relay, a real browser; the tests stand in the order of a person's way through the page. */
const HOSTS = 60;
let place: Place;
let browser: Browser;
let watched: WatchedPage;
let hosts: Host[];

const waits = (queuedFrames: number) => ({
  next: 1,
  floor: 1,
  acknowledged: [],
  queuedFrames,
  queuedItems: 0,
  queuedBytes: 0,
});
const names = () => watched.page.locator('[aria-label="Hosts"] tbody tr td:first-child').allTextContents();

/** For the page: whether a person sees it. */
const hidden = (value: boolean) =>
  `Object.defineProperty(document, 'hidden', { value: ${value}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`;

beforeAll(async () => {
  place = await new Place().open();
  const files = await place.issue('web-59', 'collector', 3);
  hosts = [];
  for (let i = 0; i < HOSTS; i++) {
    const name = `web-${String(i).padStart(2, '0')}`;
    const host = i === HOSTS - 1 ? await place.connectWith(files, name) : await place.connect(name);
    const time = Date.now() + (i === 7 ? 95_000 : i);
    await host.publish('status', statusMessage({ time, series: 500 + i, classes: { log: waits(i === 3 ? 1234 : 0) } }));
    hosts.push(host);
  }
  const defs = definitions(100);
  await hosts[0]!.publish('definitions', defs.page);
  await hosts[0]!.publish('definitions', defs.base);
  for (let i = 1; i <= 20; i++) await hosts[0]!.publish('metric', metricFrame(i, defs, 100));
  browser = await openBrowser();
  watched = await openPage(browser);
  await watched.page.goto(`http://127.0.0.1:${place.relay.addresses.http}/`);
});
afterAll(async () => {
  await browser.close();
  await place.close();
});

test('the page shows that the relay is well, its figures, queues and hosts, the one with the most waiting first', async () => {
  const { page } = watched;
  await page.getByText('well', { exact: true }).waitFor();
  expect(await page.title()).toBe('relay1');
  expect((await names()).slice(0, 2)).toEqual(['web-03', 'web-00']);
  expect(await names()).toHaveLength(50);
  const first = page.locator('[aria-label="Hosts"] tbody tr').first();
  expect(await first.textContent()).toContain('127.0.0.1');
  expect(await first.textContent()).toContain('1,234');
  expect(await page.locator('[aria-label="Queues"] tbody tr').count()).toBe(5);
  expect(await page.getByText('hosts whose clock is off: 1 of 60').count()).toBe(1);
  await until('rates', async () => !(await page.locator('.tile').nth(1).textContent())!.includes('–'));
  await screenshot(page, 'relay-status');
});

test('a click on a head sorts, the filter narrows, and the buttons go through all hosts', async () => {
  const { page } = watched;
  await page.getByRole('button', { name: 'clock' }).click();
  await until('sorted by clock', async () => (await names())[0] === 'web-07');
  expect(await page.locator('th[aria-sort="descending"]').textContent()).toBe('clock');
  await page.getByRole('button', { name: 'certificate, days' }).click();
  await until('sorted by the end of certificates', async () => (await names())[0] === 'web-59');
  await page.getByRole('button', { name: 'Further' }).click();
  await until('the last ten', async () => (await names()).length === 10);
  expect(await page.getByRole('button', { name: 'Further' }).isDisabled()).toBe(true);
  expect(await page.getByText('51 to 60 of 60').count()).toBe(1);
  await page.getByRole('searchbox').fill('WEB-1');
  await until('the filter', async () => (await names()).length === 10 && (await names())[0] === 'web-10');
  expect(await page.getByText('1 to 10 of 10 with that in their name').count()).toBe(1);
  await page.getByRole('searchbox').fill('');
});

test('a person at the keyboard keeps the place while the page renews itself', async () => {
  const { page } = watched;
  await page.getByRole('button', { name: 'series' }).focus();
  const asked = page.waitForResponse(/status\.json/);
  await asked;
  await page.waitForResponse(/status\.json/);
  expect(await page.evaluate('document.activeElement.dataset.sort')).toBe('series');
});

test('without a core the page says so and what waits, on a phone too', async () => {
  const { page } = watched;
  await place.stopCore();
  await Promise.all(hosts.map((host, i) => host.publish('log', eventFrame(1, { class: 'log' }, `web-${i}`))));
  await page.getByText('not well', { exact: true }).waitFor();
  await page.getByText(/^no core since /).waitFor();
  await until('what waits', async () =>
    /unread/.test((await page.locator('[aria-label="Queues"]').textContent()) ?? ''),
  );
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  await page.setViewportSize({ width: 1200, height: 800 });
});

test('nothing of the page breaks its content policy, and the policy allows nothing from elsewhere', async () => {
  const answer = await fetch(`http://127.0.0.1:${place.relay.addresses.http}/status`);
  const policy = answer.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(watched.complaints).toEqual([]);
});

test('a page that nobody sees asks nothing; a relay that is gone is told, and what it last said stays', async () => {
  const { page, complaints } = watched;
  await page.evaluate(hidden(true));
  let questions = 0;
  page.on('request', () => {
    questions++;
  });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2500)));
  expect(questions).toBe(0);
  await place.relay.close();
  await page.evaluate(hidden(false));
  await page.getByText('no answer', { exact: true }).waitFor();
  expect((await names()).length).toBe(50);
  expect(questions).toBeGreaterThan(0);
  // The browser says of its own that there was no connection.
  expect(complaints.every((text) => text.includes('ERR_CONNECTION_REFUSED'))).toBe(true);
  await place.startRelay();
});
