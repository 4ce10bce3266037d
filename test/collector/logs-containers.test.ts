import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { containerOrigin } from '../../collector/core/logs/container-origin.ts';
import { type Envelope, readEnvelope } from '../../collector/core/tail/container-envelope.ts';
import { unescapeJson } from '../../collector/core/tail/json-escapes.ts';
import { startCollector } from '../../collector/node/start.ts';
import type { TestBroker } from '../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../support/collector.ts';
import { stationAndBroker } from '../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;
stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const ID = '0123456789abcdef'.repeat(4);
const put = (path: string, text: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const lines = () =>
  decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));

it('joins pieces, puts traces together and says whose each line is', async () => {
  const root = join(station.directory, 'var');
  const time = '2026-11-29T21:40:00.123456789Z';
  put(
    join(root, 'log/pods/shop_web-7d9c-abcde_11111111-2222-3333-4444-555555555555/nginx/0.log'),
    [
      `${time} stdout P INFO a line `,
      `${time} stderr F java.lang.IllegalStateException: card 4111 1111`,
      `${time} stdout F in two pieces`,
      `${time} stderr F \tat A.main(A.java:1)`,
      'not a line of a runtime',
      `${time} stderr F ERROR next`,
      '',
    ].join('\n'),
  );
  const pod = join(root, 'log/containers', `web-7d9c-abcde_shop_nginx-${ID}.log`);
  mkdirSync(dirname(pod), { recursive: true });
  symlinkSync(join(root, 'log/pods/shop_web-7d9c-abcde_11111111-2222-3333-4444-555555555555/nginx/0.log'), pod);
  const folder = join(root, `docker/containers/${ID.replaceAll('0', 'a')}`);
  const json = (log: string, stream = 'stdout') => `${JSON.stringify({ log, stream, attrs: { tag: 'x,}]' }, time })}\n`;
  put(
    join(folder, `${ID.replaceAll('0', 'a')}-json.log`),
    json('{"level":"error","msg":"caf\u00e9 \u{1f600} 4111111') + json('111111111"}\r\n') + json('torn at the end'),
  );
  put(
    join(folder, 'config.v2.json'),
    JSON.stringify({
      Name: '/proj-db-1',
      Config: { Image: 'registry:5000/db/postgres:17@sha256:00', Labels: { 'com.docker.compose.service': 'db' } },
    }),
  );
  const paths = [join(root, 'log/pods/*/*/*.log'), join(root, 'docker/containers/*/*-json.log')];
  const config = station.config({
    port: broker.port,
    containers: { paths, multiline: { preset: 'all', wait: '50ms' } },
  });
  const running = await startCollector(config, { host: quietHost() });
  await until('six lines', () => lines().length >= 6);
  await running.close();
  const by = new Map(lines().map((line) => [line.message, line]));
  expect([...by.keys()].sort()).toEqual(
    [
      'ERROR next',
      'INFO a line in two pieces',
      'java.lang.IllegalStateException: card 4111 1111\n\tat A.main(A.java:1)',
      'not a line of a runtime',
      'torn at the end',
      '{"level":"error","msg":"caf\u00e9 \u{1f600} ****************"}',
    ].sort(),
  );
  const trace = by.get('java.lang.IllegalStateException: card 4111 1111\n\tat A.main(A.java:1)')!;
  expect(trace.service).toBe('nginx');
  expect(trace.time).toBeCloseTo(Date.parse('2026-11-29T21:40:00.123Z') + 0.456, 2);
  expect(trace.fields).toMatchObject({
    stream: 'stderr',
    'container.id': ID,
    'container.name': 'nginx',
    'kubernetes.namespace': 'shop',
    'kubernetes.pod.name': 'web-7d9c-abcde',
    'kubernetes.pod.uid': '11111111-2222-3333-4444-555555555555',
    'kubernetes.container.name': 'nginx',
    'orchestrator.namespace': 'shop',
  });
  const db = by.get('{"level":"error","msg":"caf\u00e9 \u{1f600} ****************"}')!;
  expect([db.service, db.level]).toEqual(['db', 'error']);
  expect(db.fields).toMatchObject({
    'container.name': 'proj-db-1',
    'container.image.name': 'registry:5000/db/postgres',
    'container.image.tag': '17',
    'container.runtime': 'docker',
  });
  expect(by.get('torn at the end')!.fields['log.truncated']).toBe('true');
  expect(running.collector.status('up').sources.logs).toMatchObject({ oddLines: 1 });
});

it('knows a container by any of its paths, and by none that says nothing', () => {
  const host = quietHost();
  const origin = containerOrigin(host, `/var/log/containers/web_shop_nginx-${ID}.log`);
  expect(origin).toMatchObject({ service: 'nginx', fields: { 'kubernetes.pod.name': 'web', 'container.id': ID } });
  const docker = containerOrigin(host, `/var/lib/docker/containers/${ID}/${ID}-json.log`);
  expect(docker).toEqual({ service: ID.slice(0, 12), fields: { 'container.id': ID } });
  expect(containerOrigin(host, '/var/log/x.log')).toEqual({ service: 'container', fields: {} });
});

it('takes bytes that are no line of a runtime as they are', () => {
  const into: Envelope = { stream: 0, time: 0, from: 0, to: 0, escaped: false, partial: false };
  const good = [
    '2026-11-29T21:40:00.123456789Z stdout F ',
    '2026-11-29T21:40:00+01:00 stderr P x',
    '2026-11-29T21:40:00.1Z stdout F:tag x',
    '{"log":"x\\\\\\n","stream":"stdout","time":"2026-11-29T21:40:00Z"}',
    '{"time":"2026-11-29T21:40:00Z","attrs":{"a":[1,{"b":"c"}]},"log":"x"}',
    '{"log":""}',
  ];
  const bad = [
    '',
    ' ',
    '{',
    '{}',
    '{"log":1}',
    '{"log":"x"',
    '{"log":"x\\"}',
    '{"log"}',
    '[]',
    '{"log":"x"} x',
    '2026-11-29T21:40:00Z stdin F x',
  ];
  bad.push(
    '2026-11-29T21:40:00Z stdout X x',
    '2026-99-29T21:40:00Z stdout F x',
    `{"a":${'['.repeat(50_000)}`,
    `{"a":"${'\\'.repeat(50_000)}`,
  );
  const encode = (text: string) => new TextEncoder().encode(text);
  const read = (bytes: Uint8Array, from = 0, to = bytes.length) => readEnvelope(bytes, from, to, into);
  for (const text of good) expect([text, read(encode(text))]).toEqual([text, true]);
  for (const text of bad) expect([text.slice(0, 40), read(encode(text))]).toEqual([text.slice(0, 40), false]);
  // Torn anywhere, with other bytes behind it that are not its own.
  for (const text of good) {
    const bytes = encode(`${text}"}Z stdout F ${text}`);
    for (let to = 0; to <= text.length; to++) {
      read(bytes, 0, to);
      expect(into.from).toBeLessThanOrEqual(into.to);
      expect(into.to).toBeLessThanOrEqual(to);
    }
  }
  const texts = [
    'a\\u00e9\\ud83d\\ude00',
    '\\ud83d',
    '\\ude00x',
    '\\u12',
    '\\',
    '\\q\\/\\"',
    '\\ud83d\\u0041',
    'plain é',
  ];
  const out = new Uint8Array(64);
  const unescaped = (text: string) =>
    new TextDecoder().decode(out.subarray(0, unescapeJson(encode(text), 0, encode(text).length, out, 0)));
  expect(texts.map(unescaped)).toEqual(['aé😀', '\ufffd', '\ufffdx', 'u12', '\\', 'q/"', '\ufffdA', 'plain é']);
});
