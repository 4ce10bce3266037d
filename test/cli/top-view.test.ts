import { expect, test } from 'vitest';
import { top } from '../../cli/relay/top.ts';
import { TopView } from '../../cli/relay/top-view.ts';
import type { StatusQuestion } from '../../cli/relay-client.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { HostRow, RelayStatus } from '../../relay/status/contract.ts';

const NOW = 1_795_000_000_000;

function statusOf(names: readonly string[]): RelayStatus {
  const rows = names.map(
    (host): HostRow => ({
      host,
      address: '10.0.0.1',
      worker: 0,
      since: NOW - 60_000,
      itemsPerSecond: 1200,
      framesPerSecond: 2,
      waitingThere: 0,
      waitingHere: 3,
      skewMs: -1500,
      certificateEnds: NOW + 5 * 86_400_000,
      series: 400,
      droppedThere: null,
      droppedHere: 0,
    }),
  );
  const rate = { overMs: 2000, itemsPerSecond: 1200, framesPerSecond: 2 };
  const journal = { bytes: 1024, maxBytes: 4096 };
  const handshakes = { waiting: 0, perSecond: 400 };
  const upstream = { open: true, core: 'core1', since: NOW - 5000, trouble: null };
  return {
    version: 1,
    rules: null,
    doors: null,
    relay: 'relay1',
    site: 'north',
    time: NOW,
    well: true,
    troubles: [],
    remarks: [],
    limits: { certificateMs: 1, skewMs: 1, connections: 10 },
    certificateEnds: null,
    hosts: {
      connected: names.length,
      clocksOff: 0,
      greatestSkewMs: 0,
      certificatesEnding: 0,
      nextCertificateEnds: null,
      waitingThere: 0,
      hostsWaiting: 0,
      series: 0,
    },
    rate,
    journal,
    handshakes,
    definitions: { definitions: 0, pages: 0, series: 0 },
    cardinality: null,
    classes: [],
    workers: [
      { worker: 0, up: true, why: null, hosts: names.length, rate, queuedFrames: 0, journal, handshakes, upstream },
    ],
    page: { sort: 'backlog', host: '', from: 0, matching: names.length },
    rows,
  };
}

/** A view on a terminal of this size, and what was written there. */
function terminal(columns: number, lines: number) {
  const written: string[] = [];
  const screen = {
    tty: true,
    columns: () => columns,
    lines: () => lines,
    write: (text: string) => void written.push(text),
  };
  return { view: new TopView(screen), written };
}

const NAMES = Array.from({ length: 40 }, (_, i) => `web-${i}`);
/** As a person sees it. */
const plain = (text: string) => text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').split('\n');

test.each([
  [120, 24],
  [80, 24],
  [40, 10],
  [20, 5],
  [5, 2],
])('a terminal of %d by %d is filled and not overflowed', (columns, lines) => {
  const { view, written } = terminal(columns, lines);
  view.draw(statusOf(NAMES), 'keys');
  const text = plain(written.join(''));
  expect(text.length).toBeLessThanOrEqual(lines);
  for (const line of text) expect(line.length).toBeLessThanOrEqual(columns);
  if (lines >= 10) expect(text.length).toBe(lines);
});

test('a narrow terminal shows the first columns whole', () => {
  const { view, written } = terminal(30, 20);
  view.draw(statusOf(NAMES), 'keys');
  const head = plain(written.join('')).find((line) => line.startsWith('HOST'));
  expect(head).toMatch(/^HOST +IN\/S +THERE +HERE$/);
});

test('what a host calls itself cannot move the cursor', () => {
  const { view, written } = terminal(200, 20);
  view.draw(statusOf(['\x1b[2Jevil']), 'keys');
  expect(written.join('')).toContain('\\x1b[2Jevil');
  expect(written.join('')).not.toContain('\x1b[2J');
});

test('keys sort and end it; a relay that goes away is waited for; the terminal is given back', async () => {
  const { view, written } = terminal(120, 24);
  const asked: StatusQuestion[] = [];
  let press: (key: string) => void = () => undefined;
  let released = false;
  await top({
    relay: 'http://r',
    sort: 'backlog',
    host: 'web',
    count: 50,
    everyMs: 1,
    looks: null,
    view,
    stop: new AbortController(),
    keys: (onKey) => {
      press = onKey;
      return () => {
        released = true;
      };
    },
    ask: async (question) => {
      asked.push(question);
      if (asked.length === 2) throw new HeliographError('HG_RELAY_UNREACHABLE', 'gone');
      if (asked.length === 3) press('s');
      if (asked.length === 5) press('q');
      return statusOf(NAMES);
    },
  });
  expect(asked.map(({ sort }) => sort)).toEqual(['backlog', 'backlog', 'backlog', 'series', 'series']);
  expect(asked.every(({ host, count }) => host === 'web' && count === 24)).toBe(true);
  expect(written.some((text) => text.includes('HG_RELAY_UNREACHABLE'))).toBe(true);
  expect(written[0]).toBe('\x1b[?1049h\x1b[?25l');
  expect(written.at(-1)).toBe('\x1b[?25h\x1b[?1049l');
  expect(released).toBe(true);
});
