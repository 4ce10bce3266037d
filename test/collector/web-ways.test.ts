import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decodeFrame } from '../../proto/frame.ts';
import { decodeUtf8 } from '../../proto/utf8.ts';
import { Place } from '../relay/setup.ts';
import { spawnCollector } from '../support/collector-process.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { until } from '../support/until.ts';

let place: Place;
let proxy: ConnectProxy;
let writer: NodeJS.Timeout | undefined;

beforeEach(async () => {
  place = await new Place().open({ websocket: { listen: '127.0.0.1:0' } });
  proxy = await ConnectProxy.open();
  proxy.authorization = `Basic ${Buffer.from('web-1:s@cret').toString('base64')}`;
});
afterEach(async () => {
  clearInterval(writer);
  await proxy.close();
  await place.close();
});

/** Messages of log lines that came to the core, with how often each. */
function linesAtCore(): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { host, class: name, frame } of place.core.frames) {
    if (host !== 'web-1' || name !== 'log') continue;
    const read = decodeFrame(frame, {
      utf8: (bytes, from, to) => decodeUtf8(bytes, from, to),
      unzstd: (bytes, max) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: max })),
    });
    if (read.kind !== 'logs') continue;
    for (const { message } of read.lines) seen.set(message, (seen.get(message) ?? 0) + 1);
  }
  return seen;
}

it.each([
  ['MQTT over TLS through a proxy', 'mqtts', true],
  ['WebSocket through a proxy', 'wss', true],
  ['WebSocket', 'wss', false],
] as const)(
  '%s: every line comes to the core once, over kills of the collector, broken connections and a relay that restarts',
  async (_, scheme, proxied) => {
    const files = await place.issue('web-1', 'collector');
    const logs = join(place.directory, 'logs');
    mkdirSync(logs);
    const { mqtt, websocket } = place.relay.addresses;
    const config = join(place.directory, 'collector.json');
    writeFileSync(
      config,
      JSON.stringify({
        relays: [scheme === 'wss' ? `wss://127.0.0.1:${websocket}/mqtt` : `mqtts://127.0.0.1:${mqtt}`],
        ...(proxied ? { proxy: `http://web-1:s%40cret@127.0.0.1:${proxy.port}` } : {}),
        tls: { ca: files.ca, cert: files.cert, key: files.key },
        dataDir: join(place.directory, 'collector'),
        interval: '100ms',
        logLinger: '20ms',
        logPoll: '20ms',
        logs: [{ paths: [join(logs, '*.log')] }],
        reconnect: { base: '20ms', cap: '200ms' },
      }),
    );
    let written = 0;
    writer = setInterval(() => {
      let text = '';
      for (let i = 0; i < 5; i++) text += `INFO line ${written++}\n`;
      appendFileSync(join(logs, 'app.log'), text);
    }, 20);
    const more = async (what: string) => {
      const before = place.core.frames.length;
      await until(`frames ${what}`, () => place.core.frames.length > before + 10, { everyMs: 10 });
    };
    let collector = spawnCollector(config);
    for (let round = 0; round < 3; round++) {
      await more(`of life ${round}`);
      await wait((round * 7919) % 100);
      await collector.kill('SIGKILL');
      collector = spawnCollector(config);
    }
    await more('after the kills');
    if (proxied) proxy.breakAll();
    await more('after a broken connection');
    await place.relay.close();
    const listens = {
      mqtt: { listen: `127.0.0.1:${mqtt}` },
      websocket: { listen: `127.0.0.1:${websocket}` },
    };
    await wait(300);
    await place.startRelay(listens);
    await more('after a restart of the relay');
    // Tickets of before are good on this way too.
    expect(await place.metric('heliograph_relay_handshakes_total{kind="resumed"}')).toBeGreaterThan(0);
    clearInterval(writer);
    await until('all lines', () => linesAtCore().size >= written, { withinMs: 60_000, everyMs: 200 });
    await collector.kill('SIGTERM');
    const seen = linesAtCore();
    const wrong = Array.from({ length: written }, (_, i) => `INFO line ${i}`).filter((line) => seen.get(line) !== 1);
    expect(wrong).toEqual([]);
    expect(place.core.undefinedFrames).toBe(0);
    const by = proxied ? `127.0.0.1:${scheme === 'wss' ? websocket : mqtt}` : null;
    expect(new Set(proxy.made)).toEqual(new Set(by ? [by] : []));
  },
  300_000,
);
