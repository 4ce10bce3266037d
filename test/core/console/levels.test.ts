import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { LevelsView } from '../../../core/fleet/level-answer.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestCore } from '../../support/core/core.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { screenshot } from '../../support/screenshot.ts';
import { until } from '../../support/until.ts';

let core: TestCore;
let relay: TestRelay;
let browser: Browser;
let watched: WatchedPage;
let token: string;

const orders = async () => (await core.get<LevelsView>('/api/v1/levels')).orders;
const told = () => relay.received.filter(({ desired }) => desired?.host === 'web-1').at(-1)?.desired?.document;

beforeAll(async () => {
  core = await (await TestCore.make()).start();
  const { dataDir } = core.config as { dataDir: string };
  const rights = { scopes: ['levels:write' as const], anyHost: false, created: Date.now(), expires: null };
  token = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
  relay = await (await core.relay()).hello('north');
  relay.fleet([{ host: 'web-1' }, { host: 'db-1' }], true);
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

test('a service is turned to debug on some hosts, which are told; it is shown with who and why, and lifted', async () => {
  const { page } = watched;
  await page.goto(core.url('/fleet').href);
  await page.getByRole('link', { name: 'Levels' }).click();
  await page.getByText('None.').waitFor();
  await page.getByLabel('Token').fill(token);
  await page.getByLabel('Service').fill('pay');
  await page.getByLabel('Host', { exact: true }).fill('web*');
  await page.getByLabel('Why').fill('refunds fail');
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByText('pay on web* sends debug and above: 1 of the hosts of now, by alice.').waitFor();
  await until('the host is told', () => (told()?.length ?? 0) > 0);
  expect(await orders()).toMatchObject([{ level: 'debug', service: 'pay', host: 'web*', by: 'alice', inForce: true }]);
  await page.getByRole('cell', { name: 'refunds fail' }).waitFor();
  await screenshot(page, 'levels');
  await page.getByRole('button', { name: 'Lift pay on web*' }).click();
  await page.getByText('1 that are over').waitFor();
  await until('the host is told that it is over', () => told()?.length === 0);
});

test('without a token nothing is ordered, and the page says what to do', async () => {
  const { page } = watched;
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(core.url('/levels').href);
  await page.getByLabel('Host', { exact: true }).fill('web*');
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByText('levels:write makes one').first().waitFor();
  expect((await orders()).filter(({ inForce }) => inForce)).toEqual([]);
  // The browser tells of the refused request itself.
  watched.complaints.length = 0;
});
