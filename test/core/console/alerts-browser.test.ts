import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestCore } from '../../support/core/core.ts';
import { screenshot } from '../../support/screenshot.ts';
import { until } from '../../support/until.ts';

/** A real core whose rules fire and whose receivers are told, and a real browser. */
let core: TestCore;
let browser: Browser;
let watched: WatchedPage;
let token: string;
const ops = new AlertReceiver();
const down = new AlertReceiver();

const SCRIPT = '<img src=x onerror="window.ran=1">';
const rule = (alert: string, severity: string, instance: string, more: object = {}) => ({
  ...{ alert, expr: `label_replace(vector(1), "instance", ${JSON.stringify(instance)}, "", "")`, labels: { severity } },
  ...{ annotations: { summary: `${alert} of {{ $labels.instance }}` }, ...more },
});

beforeAll(async () => {
  await Promise.all([ops.listen(), down.listen()]);
  down.status = 500;
  core = await TestCore.make();
  const rules = join(core.directory, 'rules.yaml');
  const fires = [
    rule('DiskFull', 'critical', 'web-1'),
    rule('Slow', 'warning', SCRIPT),
    rule('Soon', 'warning', 'web-2', { for: '1h' }),
  ];
  writeFileSync(rules, stringify({ groups: [{ name: 'disks', interval: '1s', rules: fires }] }));
  writeFileSync(join(core.directory, 'torn.yaml'), 'groups: [{name: torn, rules: [{alert: A, expr: "sum("}]}]\n');
  await core.start({
    alerts: {
      rules: { files: [rules, join(core.directory, 'torn.yaml')], evaluateEvery: '1s' },
      notify: {
        receivers: [
          { name: 'ops', webhook: { url: `${ops.url}/hook` } },
          { name: 'down', webhook: { url: `${down.url}/hook` } },
        ],
        to: ['ops', 'down'],
        groupWait: '100ms',
      },
    },
  });
  const { dataDir } = core.config as { dataDir: string };
  const rights = { scopes: ['alerts:write' as const], anyHost: false, created: Date.now(), expires: null };
  token = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
  await until('ops was told', () => ops.alerts.some(({ labels }) => labels.alertname === 'Slow'));
  browser = await openBrowser();
  watched = await openPage(browser);
}, 300_000);
afterEach(() => {
  expect(watched.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await core?.remove();
  await Promise.all([ops.close(), down.close()]);
});

const shown = (name: string) => watched.page.getByRole('listitem', { name, exact: true });

test('what fires is acknowledged with a name and a note, silenced in two clicks, and the silence ended', async () => {
  const { page } = watched;
  await page.goto(core.url('/fleet').href);
  await page.getByRole('link', { name: /^Alerts/ }).click();
  await shown('DiskFull').getByRole('paragraph').filter({ hasText: 'DiskFull of web-1' }).waitFor();
  await page.getByText('Your token').click();
  await page.getByLabel('Token').fill(token);
  await shown('DiskFull').getByRole('button', { name: 'Acknowledge DiskFull' }).click();
  await shown('DiskFull').getByLabel('Note').fill('a new disk is on its way');
  await shown('DiskFull').getByRole('button', { name: 'I have it' }).click();
  await shown('DiskFull')
    .getByText(/alice has it in hand since .*: a new disk is on its way/)
    .waitFor();
  await screenshot(page, 'alerts');

  await shown('Slow').getByRole('button', { name: 'Silence Slow' }).click();
  await shown('Slow').getByRole('group', { name: 'How long' }).getByRole('button').first().click();
  await until('it is silenced', async () => {
    const { data } = await core.get<{ data: { alerts: { labels: Record<string, string>; silencedBy: string[] }[] } }>(
      '/api/v1/alerts',
    );
    return data.alerts.some(({ labels, silencedBy }) => labels.alertname === 'Slow' && silencedBy.length === 1);
  });
  await page.getByRole('link', { name: 'Silences' }).first().click();
  await page.getByText('Slow, from the page').first().waitFor();
  await page.getByRole('button', { name: /^End/ }).first().click();
  const sure = page.getByRole('alertdialog').getByRole('button', { name: /^End/ });
  if (await sure.isVisible()) await sure.click();
  await until('it is over', async () => {
    const { silences } = await core.get<{ silences: { state: string }[] }>('/api/v1/alerts/silences');
    return silences.every(({ state }) => state === 'expired');
  });
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(await page.locator('main img').count()).toBe(0);
});

test('who is told, whether that works, how long it takes; and what fired', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts?show=receivers').href);
  await page.getByRole('row').filter({ hasText: 'down' }).getByText('failing').waitFor();
  await page.getByRole('row').filter({ hasText: 'ops' }).getByText('webhook').waitFor();
  await page.getByText('From what happened to the notification').waitFor();
  await page.getByRole('row').filter({ hasText: /^rule/ }).first().waitFor();
  await page.goto(core.url('/alerts?show=history').href);
  await page.getByText('DiskFull').first().waitFor();
});

test('rules with their state and the file that cannot be used; from an alert to its chart', async () => {
  const { page } = watched;
  await page.goto(core.url('/rules').href);
  await page.getByText('Soon').first().waitFor();
  await page.getByText('torn.yaml').first().waitFor();
  await page.goto(core.url('/alerts').href);
  await shown('DiskFull').getByRole('link', { name: 'Chart' }).click();
  await page.waitForURL(/\/explore\?query=label_replace/);
});

test('on a phone nothing is wider than the screen', async () => {
  const { page, complaints } = await openPage(browser, {
    viewport: { width: 375, height: 720 },
    isMobile: true,
    hasTouch: true,
  });
  for (const path of ['/alerts', '/silences', '/rules', '/alerts?show=receivers', '/alerts?show=history']) {
    await page.goto(core.url(path).href);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(375);
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});
