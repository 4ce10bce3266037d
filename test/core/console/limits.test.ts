import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { KeptOrder } from '../../../core/limits/answer.ts';
import { decodeOrders } from '../../../lib/limits/order-message.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestCore } from '../../support/core/core.ts';
import { TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { screenshot } from '../../support/screenshot.ts';
import { until } from '../../support/until.ts';

/** A real core with a relay that tells of a growing label, and a real browser. */
let core: TestCore;
let relay: TestRelay;
let browser: Browser;
let watched: WatchedPage;
let token: string;

const SCRIPT = '<img src=x onerror="window.ran=1">';
const orders = async () => (await core.get<{ orders: KeptOrder[] }>('/api/v1/limits')).orders;
const told = () => relay.received.filter((message) => message.orders).map(({ orders: one }) => decodeOrders(one!.list));

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  const { dataDir } = core.config as { dataDir: string };
  const rights = { scopes: ['limits:write' as const], anyHost: false, created: Date.now(), expires: null };
  token = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
  relay = await (await core.relay()).hello('north');
  const facts = { metric: 'hits', label: 'user', team: 'service="shop"', count: 4321, usual: 12, values: SCRIPT };
  await relay.deliver('alert', [
    new TestHost('relay-1').events([
      { time: Date.now(), type: 'series_growing', host: 'web-1', facts },
      { time: Date.now(), type: 'series_growing', host: 'web-2', facts: { ...facts, metric: 'over' } },
      { time: Date.now(), type: 'series_settled', host: 'web-2', facts: { ...facts, metric: 'over' } },
    ]),
  ]);
  browser = await openBrowser();
  watched = await openPage(browser);
}, 300_000);
afterEach(() => {
  expect(watched.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await core?.remove();
});

test('from what grows to a block that the relay has, in a few clicks; and it is lifted again', async () => {
  const { page } = watched;
  await page.goto(core.url('/fleet').href);
  await page.getByRole('link', { name: 'Limits' }).click();
  await page
    .getByRole('cell', { name: '4,321' })
    .or(page.getByRole('cell', { name: '4321' }))
    .first()
    .waitFor();
  expect(await page.getByRole('row').filter({ hasText: 'over' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Block hits{user!=""}' }).click();
  await page.getByRole('textbox', { name: 'Why' }).fill('a user is no label');
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText('Blocked: hits{user!=""}, by alice.').waitFor();
  const list = await until('the relay is told', () => told().at(-1));
  expect(list.orders).toMatchObject([{ kind: 'block', match: 'hits{user!=""}', by: 'alice' }]);
  await page.getByText('The relay does not carry them out.').waitFor();
  relay.send({ heldOrders: { version: list.version, counts: true, trouble: '' } } as never);
  await page.getByText('The relay carries them out.').waitFor();
  await screenshot(page, 'limits');

  await page.getByRole('button', { name: 'Lift hits{user!=""}' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  expect((await orders())[0]!.lifted).toBeNull();
  await page.getByRole('button', { name: 'Lift hits{user!=""}' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Lift' }).click();
  await page.getByText('1 that are over').waitFor();
  expect((await orders())[0]!.lifted).toMatchObject({ by: 'alice' });
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(await page.locator('main img').count()).toBe(0);
});

test('what is wrong with an order, or with the token, stands beside the form', async () => {
  const { page } = watched;
  await page.goto(core.url('/limits').href);
  await page.getByLabel('What').selectOption('cap');
  await page.getByLabel('Series', { exact: true }).fill('hits{');
  await page.getByLabel('Most series of each metric').fill('5');
  await page.getByRole('textbox', { name: 'Why' }).fill('x');
  await page.getByRole('button', { name: 'Cap', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'write a PromQL selector' }).waitFor();
  await page.getByLabel('Token').fill('hgt_wrong');
  await page.getByRole('button', { name: 'Cap', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'HG_DOOR_TOKEN' }).waitFor();
  expect((await orders()).filter(({ lifted }) => lifted === null)).toEqual([]);
  // The browser itself remarks each answer that is no success.
  expect(watched.complaints.splice(0).filter((text) => !/status of 40[01]/.test(text))).toEqual([]);
});

test('on a phone nothing is wider than the screen', async () => {
  const { page, complaints } = await openPage(browser, {
    viewport: { width: 375, height: 720 },
    isMobile: true,
    hasTouch: true,
  });
  await page.goto(core.url('/limits').href);
  await page.getByRole('button', { name: 'Block hits{user!=""}' }).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  expect(complaints).toEqual([]);
  await page.context().close();
});
