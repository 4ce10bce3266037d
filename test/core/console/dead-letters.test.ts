import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestCore } from '../../support/core/core.ts';
import { type TestDefinition, TestHost } from '../../support/core/host.ts';
import type { TestRelay } from '../../support/core/relay.ts';
import { screenshot } from '../../support/screenshot.ts';
import { until } from '../../support/until.ts';

/** A real core with real dead letters, and a real browser. */
let core: TestCore;
let relay: TestRelay;
let browser: Browser;
let watched: WatchedPage;
let lost: TestDefinition;

const SCRIPT = '<img src=x onerror="window.ran=1">';
const count = async () => (await core.get<{ letters: unknown[] }>('/api/v1/deadletters')).letters.length;

beforeAll(async () => {
  core = await (await TestCore.make()).start({ limits: { definitionWait: '200ms' } });
  relay = await (await core.relay()).hello('north');
  const host = new TestHost('web-1');
  const page = host.page([{ name: 'lost' }]);
  lost = page;
  await relay.deliver('metric', [host.metrics(page, [[Date.now(), [1]]])]);
  const other = new TestHost('web-2');
  const body = Buffer.concat([Buffer.from(SCRIPT), randomBytes(60)]);
  await relay.deliver('log', [other.broken('log', 'logs', 3, body), other.broken('log', 'logs', 3, randomBytes(90))]);
  await until('the letters', async () => (await count()) === 3);
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

test('from the ledger to the letters; the script of the view comes when it is looked at', async () => {
  const { page } = watched;
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(new URL(request.url()).pathname));
  await page.goto(core.url('/fleet').href);
  await page.getByRole('heading', { name: 'Fleet' }).or(page.locator('.fleet')).first().waitFor();
  expect(scripts.filter((path) => path.includes('/later/'))).toEqual([]);
  await page.getByRole('link', { name: 'Ledger' }).click();
  await page.getByRole('link', { name: '3 dead letters' }).click();
  await page.waitForURL(/\/deadletters$/);
  await page.getByRole('heading', { name: 'Dead letters' }).waitFor();
  await expect.poll(() => page.locator('.letter').count()).toBe(3);
  await page.getByRole('cell', { name: 'HG_FRAME_DEFINITION', exact: true }).waitFor();
  await screenshot(page, 'dead-letters');
});

test('a letter is shown with its bytes as hex and as text, and script in them is text', async () => {
  const { page } = watched;
  await page.goto(core.url('/deadletters?host=web-2').href);
  await expect.poll(() => page.locator('.letter').count()).toBe(2);
  for (const button of await page.getByRole('button', { name: /^Show frame-/ }).all()) await button.click();
  await page.locator('.bytes').nth(1).waitFor();
  const hex = await page.locator('.bytes').allTextContents();
  expect(hex.join('\n')).toMatch(/^00000000 {2}([0-9a-f]{2} ){15}/m);
  for (const button of await page.getByRole('button', { name: 'Text', exact: true }).all()) await button.click();
  await page.locator('.bytes', { hasText: 'onerror' }).waitFor();
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(await page.locator('main img').count()).toBe(0);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the bytes' }).first().click();
  expect((await download).suggestedFilename()).toMatch(/^frame-[0-9a-f]{32}\.bin$/);
});

test('a replay asks first, says what failed, and takes what can be taken', async () => {
  const { page } = watched;
  await page.goto(core.url('/deadletters').href);
  await page.getByRole('button', { name: /^Only unknown_definition/ }).click();
  await page.waitForURL(/reason=HG_FRAME_DEFINITION/);
  await expect.poll(() => page.locator('.letter').count()).toBe(1);
  await page.getByRole('button', { name: 'Replay 1 dead letter' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Replay' }).click();
  await page.getByText('0 dead letters taken, 1 failed again.').waitFor();
  await page.getByText('failed again 1 ×').waitFor();
  relay.define('web-1', lost);
  await page.getByRole('button', { name: 'Replay 1 dead letter' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Replay' }).click();
  await page.getByText('1 dead letter taken, 0 failed again.').waitFor();
  await page.getByText('There is none.').waitFor();
  expect(await count()).toBe(2);
});

test('a purge can be taken back until it is confirmed; one letter, then the rest', async () => {
  const { page } = watched;
  await page.goto(core.url('/deadletters').href);
  await page.getByRole('button', { name: 'Purge 2 dead letters' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await count()).toBe(2);
  await page
    .getByRole('button', { name: /^Show frame-/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Purge this letter' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect.poll(() => page.locator('.letter').count()).toBe(1);
  await page.getByRole('button', { name: 'Purge 1 dead letter', exact: true }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('There is none.').waitFor();
  await page.getByText('None: everything that came could be taken.').waitFor();
  expect(await count()).toBe(0);
});

test('on a phone nothing is wider than the screen', async () => {
  const host = new TestHost('a-host-with-a-rather-long-name.of-a-rack.in-a-room.example');
  await relay.deliver('log', [host.broken('log', 'logs', 3, randomBytes(90))]);
  await until('a letter', async () => (await count()) === 1);
  const { page, complaints } = await openPage(browser, {
    viewport: { width: 375, height: 720 },
    isMobile: true,
    hasTouch: true,
  });
  await page.goto(core.url('/deadletters').href);
  await page.getByRole('button', { name: /^Show frame-/ }).click();
  await page.locator('.bytes').waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  expect(complaints).toEqual([]);
  await page.context().close();
});
