import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { AlertView } from '../../../core/api/alerts/alert-view.ts';
import type { LatencyView } from '../../../core/api/alerts/latency.ts';
import type { SilenceView } from '../../../core/api/alerts/silences.ts';
import { createToken } from '../../../lib/tokens/token-file.ts';
import { AlertReceiver } from '../../support/alert-receiver.ts';
import { openBrowser, openPage, type WatchedPage } from '../../support/browser.ts';
import { TestCore } from '../../support/core/core.ts';
import { screenshot } from '../../support/screenshot.ts';
import { until } from '../../support/until.ts';

/** A real core whose rules fire, receivers that take and that refuse, and a real browser. In the order of a person's way through the pages. */
let core: TestCore;
let browser: Browser;
let watched: WatchedPage;
let token: string;
let pushing: NodeJS.Timeout;
const good = new AlertReceiver();
const refusing = new AlertReceiver();

const SCRIPT = '<img src=x onerror="window.ran=1">';
const RULES = `
groups:
  - name: loads
    interval: 1s
    rules:
      - record: loads:count
        expr: count(load)
      - alert: Loaded
        expr: load > 5
        labels: {severity: critical}
        annotations:
          summary: '{{ $labels.instance }} has a load of {{ $value }}'
          runbook: https://runbooks.example/loaded
      - alert: Sluggish
        expr: latency_seconds > 1
        labels: {severity: warning}
        annotations: {summary: '{{ $labels.path }} of the shop takes {{ $value | humanizeDuration }}'}
      - alert: Filling
        expr: disk_used_ratio > 0.8
        for: 1h
        labels: {severity: info}
        annotations: {summary: 'The disk of {{ $labels.instance }} is {{ $value | humanizePercentage }} full'}
      - alert: Odd
        expr: oddness > 0
        for: 1h
        annotations: {summary: '{{ $labels.path }} is odd', link: 'javascript:window.ran=1'}
      - alert: Ambiguous
        expr: load + on() latency_seconds
`;
const HOSTS = ['web-1', 'web-2'];

/** Those of rules: the core has some of its own about them. */
const RULES_ONLY = { source: 'rule' };
const alerts = async (state = 'all') =>
  (await core.get<{ data: { alerts: AlertView[] } }>('/api/v1/alerts', { ...RULES_ONLY, state })).data.alerts;
const silences = async () => (await core.get<{ silences: SilenceView[] }>('/api/v1/alerts/silences')).silences;
const row = (name: string, host = '') =>
  watched.page.getByRole('listitem', { name, exact: true }).filter({ hasText: host });

let load: Record<string, number> = { 'web-1': 9, 'web-2': 7 };

async function push(): Promise<void> {
  const of = (name: string, labels: Record<string, string>, value: number) => ({ name, labels, value });
  const metrics = [
    ...HOSTS.map((instance) => of('load', { instance, service: 'shop' }, load[instance]!)),
    of('latency_seconds', { instance: 'web-1', path: '/cart' }, 2.5),
    of('oddness', { instance: 'web-1', path: SCRIPT }, 1),
    of('disk_used_ratio', { instance: 'db-1' }, 0.87),
  ];
  const logs = HOSTS.map((host) => ({ message: `${host} is loaded`, level: 'warning', service: 'shop' }));
  const answer = await fetch(core.url('/v1/ingest'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ host: 'web-1', metrics, logs }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

beforeAll(async () => {
  await good.listen();
  await refusing.listen();
  refusing.status = 503;
  core = await TestCore.make();
  const folder = join(core.directory, 'rules');
  mkdirSync(folder);
  writeFileSync(join(folder, 'loads.yml'), RULES);
  writeFileSync(
    join(folder, 'broken.yml'),
    'groups:\n  - name: x\n    rules:\n      - {alert: A, expr: "load >", labels: {a: "<script>window.ran=1</script>"}}\n',
  );
  await core.start({
    alerts: {
      rules: { files: [folder], startAfter: '0s' },
      notify: {
        groupWait: '100ms',
        groupInterval: '500ms',
        receivers: [
          { name: 'on-call', webhook: { url: good.url } },
          { name: 'wall-display', webhook: { url: refusing.url } },
        ],
      },
    },
  });
  const { dataDir } = core.config as { dataDir: string };
  const rights = { scopes: ['alerts:write' as const], anyHost: false, created: Date.now(), expires: null };
  token = createToken(join(dataDir, 'tokens.json'), { name: 'alice', ...rights });
  await push();
  pushing = setInterval(() => void push(), 1000);
  await until('the alerts', async () => (await alerts('firing')).length === 3 && good.alerts.length >= 3);
  browser = await openBrowser();
  watched = await openPage(browser);
}, 300_000);
afterEach(() => {
  expect(watched.complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  clearInterval(pushing);
  await browser?.close();
  await core?.remove();
  await good.close();
  await refusing.close();
});

test('what fires and pends, the gravest first; labels and annotations of anybody are text', async () => {
  const { page } = watched;
  await page.goto(core.url('/fleet').href);
  await page.getByRole('link', { name: 'Alerts' }).click();
  await row('Loaded', 'web-1 has a load of 9').waitFor();
  // The core says itself that it cannot use a file.
  await row('HeliographRuleFileRefused', 'broken.yml').waitFor();
  await page.getByLabel('Source').selectOption('rule');
  await row('HeliographRuleFileRefused').waitFor({ state: 'detached' });
  const names = await page.locator('.alert-name').allTextContents();
  expect(names).toEqual(['Loaded', 'Loaded', 'Sluggish', 'Filling', 'Odd']);
  await row('Filling', 'is 87% full').getByText('pending').waitFor();
  await row('Odd')
    .locator('.alert-said', { hasText: `${SCRIPT} is odd` })
    .waitFor();
  await row('Odd').getByText('More', { exact: true }).click();
  await row('Odd').getByText('javascript:window.ran=1').waitFor();
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  await row('Loaded', 'web-2').getByText('More', { exact: true }).click();
  await row('Loaded', 'web-2').getByRole('link', { name: 'https://runbooks.example/loaded' }).waitFor();
  await row('Loaded', 'web-2').getByText('More', { exact: true }).click();
  expect(await page.evaluate('window.ran')).toBeUndefined();
  expect(await page.locator('main img, main script').count()).toBe(0);
});

test('words and choices narrow what is shown, in the address', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await page.getByRole('searchbox', { name: 'Search in alerts' }).fill('INSTANCE=web-2');
  await page.waitForURL(/q=INSTANCE/);
  await expect.poll(() => page.locator('.alert').count()).toBe(1);
  await page.getByRole('searchbox', { name: 'Search in alerts' }).fill('nobody');
  await page.getByText('No alert fits').waitFor();
  await page.goto(core.url('/alerts', { ...RULES_ONLY, severity: 'warning' }).href);
  await row('Sluggish').waitFor();
  expect(await page.locator('.alert').count()).toBe(1);
  await page.getByLabel('Severity').selectOption('any severity');
  await expect.poll(() => page.locator('.alert').count()).toBe(5);
  await page.getByRole('button', { name: 'pending 2' }).click();
  await expect.poll(() => page.locator('.alert').count()).toBe(3);
});

test('nobody acknowledges without a token; with one, it is said who has it in hand, and can be taken back', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  const one = row('Loaded', 'web-1');
  await one.getByRole('button', { name: 'Acknowledge Loaded' }).click();
  await one.getByRole('textbox', { name: 'Note' }).fill(`I look at it ${SCRIPT}`);
  await one.getByRole('button', { name: 'I have it' }).click();
  await one.getByRole('alert').filter({ hasText: 'HG_DOOR_TOKEN' }).waitFor();
  // The browser itself remarks each answer that is no success.
  expect(watched.complaints.splice(0).filter((text) => !/status of 401/.test(text))).toEqual([]);
  await page.getByText('Your token, to acknowledge and to silence').click();
  await page.getByLabel('Token').fill(token);
  await one.getByRole('textbox', { name: 'Note' }).press('Enter');
  await one.getByText(/alice has it in hand since .*: I look at it <img/).waitFor();
  const [acknowledged] = (await alerts()).filter((alert) => alert.acknowledged);
  expect(acknowledged).toMatchObject({ labels: { instance: 'web-1' }, acknowledged: { by: 'alice' } });
  await one.getByRole('button', { name: 'Take back' }).click();
  await one.getByText('alice has it in hand').waitFor({ state: 'detached' });
  expect((await alerts()).filter((alert) => alert.acknowledged)).toEqual([]);
  // Somebody has it for the pictures.
  await one.getByRole('button', { name: 'Acknowledge Loaded' }).click();
  await one.getByRole('textbox', { name: 'Note' }).fill('a batch job; it ends at noon');
  await one.getByRole('button', { name: 'I have it' }).click();
  await one.getByText('alice has it in hand').waitFor();
  await page.goto(core.url('/alerts', { ...RULES_ONLY, state: ['firing', 'acknowledged'] }).href);
  await one.waitFor();
  await screenshot(page, 'alerts');
});

test('two clicks silence an alert; it is seen as silenced, and fires again when the silence is ended', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await row('Sluggish').getByRole('button', { name: 'Silence Sluggish' }).click();
  await row('Sluggish').getByRole('button', { name: '4 h' }).click();
  await row('Sluggish').waitFor({ state: 'detached' });
  const [made] = await silences();
  expect(made).toMatchObject({ state: 'active', createdBy: 'alice' });
  expect(Date.parse(made!.endsAt) - Date.parse(made!.startsAt)).toBe(4 * 3_600_000);
  await page.getByRole('button', { name: 'silenced 1' }).click();
  await row('Sluggish').getByText('silenced', { exact: true }).waitFor();
  await row('Sluggish')
    .getByRole('link', { name: `silence ${made!.id.slice(0, 8)}` })
    .click();
  await page.getByRole('heading', { name: 'In force' }).waitFor();
  await page.getByRole('button', { name: /^End alertname=Sluggish/ }).click();
  await page.getByText('1 silence that is over').waitFor();
  expect((await silences())[0]!.state).toBe('expired');
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await row('Sluggish').getByText('firing', { exact: true }).waitFor();
});

test('a silence of some labels shows before what it would hold back', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await row('Loaded', 'web-2').getByRole('button', { name: 'Silence Loaded' }).click();
  await row('Loaded', 'web-2').getByRole('link', { name: 'or choose which labels' }).click();
  const field = page.getByRole('textbox', { name: 'Labels, one on each line' });
  await expect.poll(() => field.inputValue()).toContain('instance=web-2');
  await page.getByText('It holds back 1 alert that there is now:').waitFor();
  await field.fill('instance=~web-.*\nseverity=critical');
  await page.getByText('It holds back 2 alerts that there are now:').waitFor();
  await field.fill('instance=~(');
  await page.getByText('( is no regular expression').waitFor();
  await field.fill('instance=nobody');
  await page.getByText('It fits no alert that there is now.').waitFor();
  await page.getByRole('textbox', { name: 'Why' }).fill('a trial');
  await page.getByRole('button', { name: 'Silence', exact: true }).click();
  await page.getByText('Silenced.').waitFor();
  expect((await silences()).find(({ comment }) => comment === 'a trial')).toMatchObject({ state: 'active' });
});

test('from an alert to its chart and to the lines around it', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await row('Loaded', 'web-1').getByRole('link', { name: 'Chart' }).click();
  await page.waitForURL(/\/explore\?query=load/);
  await page.locator('.chart canvas').waitFor();
  await page.locator('.series', { hasText: 'web-2' }).waitFor();
  await page.goBack();
  await row('Loaded', 'web-1').getByRole('link', { name: 'Lines' }).click();
  await page.waitForURL(/\/logs\?/);
  await page.locator('.lines .line', { hasText: 'web-1 is loaded' }).first().waitFor();
});

test('receivers: the one that has it and the one that fails; how long it took is what the API says', async () => {
  const { page } = watched;
  expect(good.alerts.find(({ labels }) => labels.instance === 'web-2')).toMatchObject({
    status: 'firing',
    annotations: { summary: 'web-2 has a load of 7' },
  });
  await page.goto(core.url('/alerts', { show: 'receivers' }).href);
  const receiver = (name: string) => page.getByRole('row').filter({ hasText: name });
  await receiver('wall-display').getByText('failing').waitFor();
  await receiver('wall-display').getByText(/503/).waitFor();
  await receiver('on-call').getByText('idle').waitFor();
  const { figures } = await core.get<LatencyView>('/api/v1/alerts/latency');
  const { count, p50, p99 } = figures.find(({ source }) => source === 'rule')!;
  expect(count).toBe(3);
  expect(p50).toBeGreaterThan(0);
  expect(p99).toBeLessThan(60);
  const cells = page
    .getByRole('region', { name: 'How long notifications took' })
    .getByRole('row')
    .filter({ has: page.getByRole('cell', { name: 'rule', exact: true }) })
    .getByRole('cell');
  await cells.first().waitFor();
  const [source, counted, half, most] = await cells.allTextContents();
  expect([source, counted]).toEqual(['rule', '3']);
  expect(
    [half, most].every((text) => /^[\d.]+ m?s$/.test(text!)),
    `${half} ${most}`,
  ).toBe(true);
});

test('rules: what each says, the one with an error, and the file that cannot be used', async () => {
  const { page } = watched;
  await page.goto(core.url('/rules').href);
  await page.getByRole('alert').filter({ hasText: 'broken.yml:4' }).waitFor();
  await page.getByText('1 file cannot be used; the rules before stay.').waitFor();
  const rule = (name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('strong').filter({ hasText: name }) });
  await rule('Loaded').getByText('firing').waitFor();
  await rule('Filling').getByText('pending').waitFor();
  await rule('loads:count').getByText('ok').waitFor();
  await rule('Ambiguous').getByText('error').waitFor();
  await page.getByRole('button', { name: '1 rule with an error' }).click();
  await expect.poll(() => page.locator('.rule-group tbody tr').count()).toBe(1);
  await page.getByRole('button', { name: '1 rule with an error' }).click();
  await page.getByRole('link', { name: 'load > 5' }).click();
  await page.waitForURL(/\/explore\?query=load/);
  expect(await page.evaluate('window.ran')).toBeUndefined();
});

test('what is over: it ends on the page, and the history has it', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  await row('Loaded', 'web-2').waitFor();
  load = { ...load, 'web-2': 1 };
  await row('Loaded', 'web-2').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'ended 1' }).click();
  await row('Loaded', 'web-2').getByText('ended', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'History' }).click();
  const past = page.getByRole('region', { name: 'What fired' }).getByRole('row');
  await past.filter({ hasText: 'web-2' }).waitFor();
  await past.filter({ hasText: 'Loaded' }).filter({ hasText: 'web-1' }).filter({ hasText: 'still' }).waitFor();
  expect(await past.filter({ hasText: 'web-2' }).getByText('still').count()).toBe(0);
  await until('its end is told', () => good.told.includes('resolved web-2'));
});

test('by the keyboard alone: acknowledged', async () => {
  const { page } = watched;
  await page.goto(core.url('/alerts', RULES_ONLY).href);
  const one = row('Sluggish');
  await one.getByRole('button', { name: 'Acknowledge Sluggish' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('note');
  await page.keyboard.type('by hand');
  await page.keyboard.press('Enter');
  await one.getByText(/alice has it in hand since .*: by hand/).waitFor();
});

test('on a phone nothing is wider than the screen', async () => {
  const { page, complaints } = await openPage(browser, {
    viewport: { width: 375, height: 720 },
    isMobile: true,
    hasTouch: true,
  });
  for (const [path, parameters, ready] of [
    ['/alerts', {}, '.alert'],
    ['/alerts', { show: 'history' }, 'table'],
    ['/alerts', { show: 'receivers' }, 'table'],
    ['/silences', {}, 'table'],
    ['/rules', {}, '.rule-group'],
  ] as const) {
    await page.goto(core.url(path, parameters).href);
    await page.locator(ready).first().waitFor();
    const what = `${path} ${JSON.stringify(parameters)}`;
    expect(await page.evaluate('document.documentElement.scrollWidth'), what).toBeLessThanOrEqual(375);
  }
  expect(complaints).toEqual([]);
  await page.context().close();
});
