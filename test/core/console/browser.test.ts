import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestHost } from '../../support/core/host.ts';
import { TestRelay } from '../../support/core/relay.ts';
import { createFleet, type Fleet } from '../../support/fleet.ts';
import { screenshot } from '../../support/screenshot.ts';
import { TierProcess } from '../../support/tier-process.ts';
import { until } from '../../support/until.ts';

/** Real tiers, a real browser. The tests stand in the order of a person's way through the page. */
let fleet: Fleet;
let browser: Browser;
let watched: WatchedPage;
let relay: TestRelay;
let simulator: TierProcess;

const SCRIPT = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';

const url = (path: string) => new URL(path, fleet.coreUrl).href;
const log = (line: string) => appendFileSync(join(fleet.logFolder(0), 'app.log'), `${line}\n`);
const line = (level: string, message: string, time = Date.now()) =>
  log(JSON.stringify({ '@timestamp': new Date(time).toISOString(), 'log.level': level, message }));
/** The text of all bands over the charts, with what a pointer would be told. */
const holes = () =>
  watched.page.locator('.hole').evaluateAll((all) => all.map((one) => one.getAttribute('title') ?? ''));

beforeAll(async () => {
  fleet = await createFleet({ collectors: 1, interval: '1s' });
  await fleet.core.start();
  await fleet.relay.start();
  await fleet.collectors[0]!.start();
  const now = Date.now() - 1000;
  for (let i = 0; i < 30; i++) line(i % 10 === 0 ? 'error' : 'info', `order ${1000 + i} paid by card`, now + i);
  const { host, port } = fleet.relayAddress;
  simulator = new TierProcess(
    'simulate.ts',
    [
      '--hosts',
      '12',
      '--relay',
      `${host}:${port}`,
      '--interval',
      '2s',
      '--duration',
      '0s',
      '--logs-per-second',
      '12',
      '--ca',
      join(fleet.directory, 'ca'),
    ],
    join(fleet.directory, 'simulator.out'),
  );
  await simulator.start();
  relay = new TestRelay(
    fleet.corePort,
    'relay-2',
    await fleet.authority.issue({ name: 'relay-2', role: 'relay', hosts: ['127.0.0.1'], days: 2 }),
  );
  await relay.hello('south');
  browser = await openBrowser();
  watched = await openPage(browser);
}, 300_000);
afterEach(() => {
  // Taken out, so that each test answers for its own.
  expect(watched.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  relay?.close();
  await browser?.close();
  await simulator?.kill();
  await fleet?.close();
});

test('from the fleet to the charts of a host, which move', async () => {
  const { page } = watched;
  const answer = await page.goto(url('/'));
  expect(answer!.headers()['content-security-policy']).toContain("default-src 'none'");
  await page.getByText('13 hosts').waitFor();
  await screenshot(page, 'fleet');
  await page.getByRole('link', { name: 'host-0' }).click();
  await page.waitForURL(/\/host\/host-0/);
  await page.getByRole('heading', { name: 'host-0' }).waitFor();
  await page.locator('.chart canvas').nth(3).waitFor();
  const load = page.getByRole('img', { name: /^Load\. Latest: 1 min [\d.]/ });
  const before = await load.getAttribute('aria-label');
  await page.goto(url('/host/host-0?range=5m'));
  await until('a newer value', async () => (await load.getAttribute('aria-label')) !== before, { withinMs: 30_000 });
});

test('from a chart to the lines of that minute and back', async () => {
  const { page } = watched;
  const chart = page.locator('.chart .u-over').first();
  await chart.hover();
  const box = (await chart.boundingBox())!;
  await page.mouse.click(box.x + box.width - 20, box.y + box.height / 2);
  await page.waitForURL(/[?&]at=\d+/);
  await page.getByRole('heading', { name: /^Lines around/ }).waitFor();
  await page.locator('.host-lines .line', { hasText: 'paid by card' }).first().waitFor();
  expect(await page.locator('.mark:visible').count()).toBeGreaterThan(3);
  await page.getByRole('button', { name: 'Back to the newest' }).click();
  await page.getByRole('heading', { name: 'Newest lines' }).waitFor();
  // The same by the keyboard alone.
  await page.getByRole('img', { name: /^CPU/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForURL(/[?&]at=\d+/);
});

test('a search: words are marked, filters stand in the address, lines around a hit', async () => {
  const { page } = watched;
  await page.goto(url('/logs'));
  await page.getByRole('searchbox', { name: 'Search in lines' }).fill('paid "1010"');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=paid/);
  const hit = page.locator('.lines .line');
  await expect.poll(() => hit.count()).toBe(1);
  expect(await page.locator('.lines mark').allTextContents()).toEqual(['1010', 'paid']);
  await page.locator('.histogram rect.level-error').first().waitFor();
  await page.getByRole('button', { name: /^Details/ }).click();
  await page.getByRole('button', { name: 'Lines around it' }).click();
  const around = page.getByRole('list', { name: 'Lines around it' });
  await around.getByText('order 1009 paid').waitFor();
  await around.getByText('order 1011 paid').waitFor();
  await page.goto(url('/logs'));
  await page.getByRole('button', { name: 'error' }).click();
  await page.waitForURL(/level=error/);
  await expect.poll(() => hit.count()).toBeGreaterThanOrEqual(3);
  await page.locator('.lines .level-error').nth(2).waitFor();
  expect(await page.locator('.lines .level-info').count()).toBe(0);
  await page.goto(url('/logs?range=5m'));
  await page.locator('.histogram rect').nth(3).waitFor();
  await screenshot(page, 'logs');
});

test('a live tail shows a line when it is stored, and only those that fit', async () => {
  const { page } = watched;
  await page.goto(url('/logs?q=parcel'));
  await page.getByRole('button', { name: 'Live tail' }).click();
  await page.getByText('Following').waitFor();
  line('info', 'another thing');
  line('warning', 'parcel 77 is late');
  await page.locator('.lines .line', { hasText: 'parcel 77 is late' }).waitFor();
  expect(await page.locator('.lines .line').count()).toBe(1);
  await page.getByRole('button', { name: 'Stop tail' }).click();
});

test('PromQL: completion, chart, table, and the place of an error', async () => {
  const { page, complaints } = watched;
  await page.goto(url('/explore'));
  const field = page.getByRole('combobox', { name: 'PromQL expression' });
  await field.pressSequentially('node_load1');
  await page.getByRole('option', { name: /node_load15/ }).waitFor();
  await page.keyboard.press('Escape');
  await field.pressSequentially('{inst');
  await page.getByRole('option', { name: /instance/ }).waitFor();
  await page.keyboard.press('Tab');
  await page.getByRole('option', { name: /host-0/ }).waitFor();
  await page.keyboard.press('Tab');
  await expect.poll(() => field.inputValue()).toBe('node_load1{instance="host-0"');
  await field.pressSequentially('}');
  await page.keyboard.press('Enter');
  await page.waitForURL(/query=node_load1/);
  await page.getByRole('cell', { name: 'node_load1{instance="host-0"' }).waitFor();
  await page.locator('.chart canvas').waitFor();
  await page.goto(url('/explore?range=5m&query=topk(5, node_load1)'));
  await page.locator('.chart canvas').waitFor();
  await screenshot(page, 'metrics');
  await page.getByRole('button', { name: 'Table' }).click();
  await page.waitForURL(/show=table/);
  await field.fill('sum(rate(node_load1))\n  )');
  await page.keyboard.press('Enter');
  await page.locator('.wrong').waitFor();
  expect(await page.locator('.wrong').textContent()).toMatch(/\^$/);
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  // A browser tells of every answer that is not 200; this one was asked for.
  expect(complaints.splice(0).filter((one) => !/status of 400/.test(one))).toEqual([]);
});

test('script in names of hosts, labels, services and lines is text', async () => {
  const { page } = watched;
  const host = new TestHost('evil-1');
  const defined = host.page([{ name: 'evil_metric', labels: { path: SCRIPT } }]);
  relay.define('evil-1', defined);
  relay.fleet([{ host: 'evil-1' }, { host: SCRIPT, connected: false, reason: SCRIPT }]);
  await relay.deliver('metric', [host.metrics(defined, [[Date.now(), [1]]])]);
  await relay.deliver('log', [
    host.lines('log', [{ service: SCRIPT, message: `before ${SCRIPT} after`, fields: { [SCRIPT]: SCRIPT } }]),
  ]);
  await page.goto(url('/fleet'));
  await page.getByRole('link', { name: SCRIPT }).click();
  await page.getByRole('heading', { name: SCRIPT }).waitFor();
  await page.goto(url('/explore?query=evil_metric'));
  await page.locator('.series', { hasText: '<script>' }).waitFor();
  await page.goto(url('/logs?q=before+after'));
  await page.getByRole('button', { name: /^Details/ }).click();
  await page.locator('dd', { hasText: 'onerror' }).first().waitFor();
  await page.goto(url('/ledger'));
  await page.getByRole('heading', { name: 'From hop to hop' }).waitFor();
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(await page.locator('main img, main script').count()).toBe(0);
});

test('a gap that was declared is drawn with its reason, on every chart', async () => {
  const { page } = watched;
  const host = new TestHost('host-0');
  const now = Date.now();
  const gap = {
    boot: host.boot,
    from: 1,
    to: 9,
    reason: 'cap',
    frames: 9,
    items: 900,
    firstTime: now - 200_000,
    lastTime: now - 100_000,
  };
  await relay.deliver('metric', [host.gaps('metric', [gap])]);
  await page.goto(url('/host/host-0?range=5m'));
  await expect
    .poll(async () => (await holes()).filter((words) => /900 samples given up: a spool was full/.test(words)).length, {
      timeout: 20_000,
    })
    .toBeGreaterThanOrEqual(4);
  await page.getByRole('region', { name: 'Gaps' }).or(page.locator('.hole-list')).first().waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  await screenshot(page, 'host');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(url('/ledger'));
  await page.getByText('900 metric items given up: cap').waitFor();
  await screenshot(page, 'ledger');
});

test('a stopped relay: the host is unknown, the hole has the reason, and closes when the data comes after all', async () => {
  const { page } = watched;
  await page.goto(url('/host/host-0?range=5m'));
  await page.locator('.chart canvas').first().waitFor();
  await fleet.relay.stop();
  await page.getByText('relay relay-1 is away').waitFor();
  const why = /relay relay-1 and this core were not connected/;
  await expect.poll(async () => (await holes()).some((words) => why.test(words)), { timeout: 40_000 }).toBe(true);
  await fleet.relay.start();
  await page.locator('.badge.good').waitFor({ timeout: 40_000 });
  await expect.poll(async () => (await holes()).some((words) => why.test(words)), { timeout: 40_000 }).toBe(false);
}, 300_000);

test('a stopped collector: the host is silent, and the hole says since when and why', async () => {
  const { page } = watched;
  await fleet.collectors[0]!.kill();
  await page.locator('.badge.bad', { hasText: 'silent' }).waitFor();
  await expect
    .poll(async () => (await holes()).some((words) => /host silent: ./.test(words)), { timeout: 40_000 })
    .toBe(true);
  await fleet.collectors[0]!.start();
  await page.locator('.badge.good').waitFor({ timeout: 40_000 });
}, 300_000);

test('the core restarts under an open page: it says so, and recovers by itself', async () => {
  const { page, complaints } = watched;
  await page.goto(url('/logs?live=1&q=returned'));
  await page.getByText('Following').waitFor();
  await fleet.core.kill();
  await page.getByText(/The core has not answered since/).waitFor();
  await fleet.core.start();
  await page.getByText(/The core is back/).waitFor({ timeout: 30_000 });
  await page.getByText('Following').waitFor({ timeout: 30_000 });
  line('info', 'everybody returned');
  await page.locator('.lines .line', { hasText: 'everybody returned' }).waitFor({ timeout: 30_000 });
  expect(
    complaints
      .splice(0)
      .filter(
        (one) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(one),
      ),
  ).toEqual([]);
}, 300_000);

test('dark and light: as the machine has it, and by the switch, which is kept', async () => {
  const { page } = watched;
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
  await page.goto(url('/fleet'));
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await ground();
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await ground();
  expect(dark).not.toBe(light);
  await page.getByRole('button', { name: 'Colours: As the machine. Change' }).click();
  await page.getByRole('button', { name: 'Colours: Light. Change' }).click();
  expect(await ground()).toBe(dark);
  await page.reload();
  await page.getByRole('button', { name: 'Colours: Dark. Change' }).click();
  expect(await ground()).toBe(light);
});

test('on a phone nothing is wider than the screen, and every view is there', async () => {
  const { page, complaints } = await openPage(browser, {
    viewport: { width: 375, height: 720 },
    isMobile: true,
    hasTouch: true,
  });
  for (const [path, heading] of [
    ['/fleet', ''],
    ['/host/host-0', 'host-0'],
    ['/explore?query=node_load1', 'Metrics'],
    ['/logs', 'Logs'],
    ['/ledger', 'Ledger'],
  ] as const) {
    await page.goto(url(path));
    if (heading === '') await page.getByRole('link', { name: 'host-0' }).waitFor();
    else await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(375);
    await page.getByRole('navigation').getByRole('link', { name: 'Logs' }).waitFor();
    if (heading === 'host-0') await screenshot(page, 'phone');
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('by the keyboard: to the content, down the list, into a host', async () => {
  const { page } = watched;
  await page.goto(url('/fleet'));
  await page.getByRole('link', { name: 'host-0' }).waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('To the content');
  await page.getByRole('table', { name: 'Hosts' }).focus();
  await page.keyboard.press('End');
  await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('A');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/host\//);
});
