import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { DenyList } from '../../../../lib/certificates/deny-list.ts';
import { parseConfig } from '../../../../lib/config/load.ts';
import { silentLog } from '../../../../lib/log.ts';
import { Registry } from '../../../../lib/metrics.ts';
import { syslogConfig } from '../../../../relay/doors/syslog/config.ts';
import { openSyslog } from '../../../../relay/doors/syslog/open.ts';
import { freePort } from '../../../support/free-port.ts';
import { until } from '../../../support/until.ts';
import { closed, SyslogPlace } from './place.ts';

let place: SyslogPlace;
afterEach(() => place.close());

const stamp = () => new Date().toISOString();

test('datagrams of both RFCs, with what they say of themselves in ECS names', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0' });
  const at = stamp();
  await place.datagrams([
    `<165>1 ${at} sw-1 sshd 123 ID47 [origin@1 ip="10.0.0.1"] \uFEFFlogin, password=hunter22`,
    `<11>${at} 10.1.1.1 postfix/smtpd[77]: no room`,
    '<191>of no form that is known',
    '',
    'not even a priority',
  ]);
  const lines = await place.arrived(4);
  const line = (word: string) => lines.find(({ message }) => message.includes(word))!;
  expect(line('login')).toEqual({
    host: 'sw-1',
    class: 'log',
    time: Date.parse(at),
    level: 'info',
    service: 'sshd',
    message: 'login, password=********',
    fields: {
      'log.syslog.priority': '165',
      'log.syslog.facility.name': 'local4',
      'log.syslog.severity.name': 'notice',
      'log.syslog.msgid': 'ID47',
      'log.syslog.structured_data.origin@1.ip': '10.0.0.1',
      'process.name': 'sshd',
      'process.pid': '123',
      'log.source.address': '127.0.0.1',
    },
  });
  expect(line('no room')).toMatchObject({ host: '10.1.1.1', class: 'error', level: 'error', service: 'postfix/smtpd' });
  expect(line('no form')).toMatchObject({
    host: 'local',
    class: 'debug',
    level: 'debug',
    message: 'of no form that is known',
  });
  expect(line('not even')).toMatchObject({ host: 'local', class: 'log', level: '', message: 'not even a priority' });
  expect(await place.metric('heliograph_relay_syslog_messages_total{transport="udp"}')).toBe(4);
  expect(await place.metric('heliograph_relay_syslog_dropped_total{transport="udp",reason="empty"}')).toBe(1);
  expect(await place.metric('heliograph_relay_syslog_odd_total{what="no_priority"}')).toBe(1);
  expect(await place.metric('heliograph_relay_door_accepted_total{door="syslog",kind="log"}')).toBe(4);
  expect((await place.ledger('log')).in.items).toBe(2);
});

test('TCP, both framings, in pieces that end at every byte', async () => {
  place = await new SyslogPlace().openSyslog({ tcp: '127.0.0.1:0' });
  const head = `1 ${stamp()} h a - - -`;
  const counted = Buffer.from(
    [1, 2, 3]
      .map((i) => `<13>${head} counted ü ${i}`)
      .map((line) => `${Buffer.byteLength(line)} ${line}`)
      .join(''),
  );
  const lined = Buffer.from([1, 2, 3].map((i) => `<13>${head} lined ü ${i}\n`).join(''));
  for (const stream of [counted, lined]) {
    const socket = await place.tcp();
    for (const byte of stream) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      // The next one is a packet of its own when this one was read.
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    await closed(socket);
  }
  const got = (await place.arrived(6)).map(({ message }) => message).sort();
  expect(got).toEqual(['counted', 'lined'].flatMap((word) => [1, 2, 3].map((i) => `${word} ü ${i}`)));
  expect(await place.metric('heliograph_relay_syslog_messages_total{transport="tcp"}')).toBe(6);
});

test('what is too long, torn, badly counted, no UTF-8, or of a clock that is wrong, harms nothing beside it', async () => {
  place = await new SyslogPlace().openSyslog({ tcp: '127.0.0.1:0', udp: '127.0.0.1:0', maxMessageBytes: '480B' });
  const count = (line: string) => `${line.length} ${line}`;
  const head = `<13>1 ${stamp()} h a - - -`;
  const socket = await place.tcp();
  const messages = [
    ...[count(`${head} first`), count(`${head} long ${'x'.repeat(5000)}`), count(`${head} second`)],
    ...[`${head} uncounted\n`, count(`${head} third`), `900 ${head} torn`],
  ];
  socket.end(messages.join(''));
  await closed(socket);
  await place.datagrams([
    Buffer.concat([Buffer.from(`${head} broken `), Buffer.from([0xff, 0xfe])]),
    `${head} long ${'y'.repeat(5000)}`,
    '<13>*Mar  1 00:00:16.123: %SYS-5-RESTART: System restarted',
    '<13>1 2001-01-01T00:00:00Z h a - - - old',
    '<13>1 2099-01-01T00:00:00Z h a - - - future',
    `<13>1 ${stamp()} ${'h'.repeat(200)} ${'a'.repeat(100)} - - - names that are too long`,
  ]);
  const lines = await place.arrived(12);
  const line = (word: string) => lines.find(({ message }) => message.includes(word))!;
  for (const word of ['first', 'second', 'third', 'uncounted', 'torn']) expect(line(word).host, word).toBe('h');
  expect(line('torn').fields['log.flags']).toBe('truncated');
  for (const letter of ['xxx', 'yyy']) {
    expect(line(letter).message.length).toBe(480 - `${head} `.length);
    expect(line(letter).fields['log.flags']).toBe('truncated');
  }
  expect(line('broken').message).toBe('broken \uFFFD\uFFFD');
  for (const [word, time] of [
    ['SYS-5-RESTART', 'Mar  1 00:00:16.123'],
    ['old', '2001-01-01T00:00:00.000Z'],
    ['future', '2099-01-01T00:00:00.000Z'],
  ] as const) {
    expect(line(word).fields['log.syslog.timestamp']).toBe(time);
    expect(Math.abs(line(word).time - Date.now())).toBeLessThan(120_000);
  }
  expect(line('names that')).toMatchObject({ host: 'local', service: '' });
  expect(line('names that').fields).toMatchObject({
    'log.syslog.hostname': 'h'.repeat(200),
    'process.name': 'a'.repeat(100),
  });
  const odd = { too_long: 2, frame: 1, torn: 1, time: 3, utf8: 1 };
  for (const [what, times] of Object.entries(odd)) {
    expect(await place.metric(`heliograph_relay_syslog_odd_total{what="${what}"}`), what).toBe(times);
  }
});

test('hosts by address, and no more of them than may be', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', host: 'address' });
  await place.datagrams([`<13>1 ${stamp()} liar a - - - x`]);
  expect((await place.arrived(1))[0]).toMatchObject({ host: 'local', fields: { 'log.syslog.hostname': 'liar' } });
  await place.close();
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', maxHosts: 2 });
  await place.datagrams(['h1', 'h2', 'h3', 'h1'].map((host) => `<13>1 ${stamp()} ${host} a - - - ${host}`));
  const lines = await place.arrived(4);
  expect(lines.map(({ host, message }) => `${message} ${host}`).sort()).toEqual([
    'h1 h1',
    'h1 h1',
    'h2 h2',
    'h3 syslog',
  ]);
  expect(await place.metric('heliograph_relay_syslog_over_hosts_total')).toBe(1);
});

test('who is not in `allow`, one connection too many, and one that says nothing', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0', allow: ['10.0.0.0/8'] });
  await place.datagrams(['<13>x']);
  const socket = await place.tcp();
  await closed(socket);
  await until('both counted', async () => {
    const datagram = await place.metric('heliograph_relay_syslog_dropped_total{transport="udp",reason="not_allowed"}');
    const name = 'heliograph_relay_syslog_refused_connections_total{transport="tcp",reason="not_allowed"}';
    return datagram === 1 && (await place.metric(name)) === 1;
  });
  await place.close();
  const allow = ['127.0.0.0/8'];
  place = await new SyslogPlace().openSyslog({ tcp: '127.0.0.1:0', allow, maxConnections: 1, idle: '400ms' });
  const first = await place.tcp();
  const second = await place.tcp();
  await closed(second);
  first.write(`<13>1 ${stamp()} h a - - - x\n`);
  await place.arrived(1);
  await closed(first);
  const refused = (reason: string) =>
    place.metric(`heliograph_relay_syslog_refused_connections_total{transport="tcp",reason="${reason}"}`);
  expect([await refused('too_many'), await refused('idle')]).toEqual([1, 1]);
});

test('one address has a hundred connections, or a tenth of all, and others have the rest', async () => {
  place = await new SyslogPlace().openSyslog({ tcp: '127.0.0.1:0', maxConnections: 150 });
  const { tcp } = place.ports;
  const open = async (localAddress: string) => {
    const socket = connect({ port: tcp, host: '127.0.0.1', localAddress }).on('error', () => socket.destroy());
    await once(socket, 'connect');
    return socket.resume();
  };
  const first = await Promise.all(Array.from({ length: 100 }, () => open('127.0.0.1')));
  await closed(await open('127.0.0.1'));
  const refused = 'heliograph_relay_syslog_refused_connections_total{transport="tcp",reason="too_many_of_address"}';
  expect(await place.metric(refused)).toBe(1);
  const other = await open('127.0.0.2');
  other.write(`<13>1 ${stamp()} h a - - - of another\n`);
  await place.arrived(1);
  first[0]!.destroy();
  await until(
    'it ended',
    async () => (await place.metric('heliograph_relay_syslog_connections{transport="tcp"}')) === 100,
  );
  (await open('127.0.0.1')).write(`<13>1 ${stamp()} h a - - - in its place\n`);
  await place.arrived(2);
  expect(await place.metric(refused)).toBe(1);
  for (const socket of first) socket.destroy();
});

test('a port that is taken is named with its key, and what was opened before is closed again', async () => {
  place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0' });
  const { udp, tcp } = place.ports;
  const open = (syslog: object) =>
    openSyslog({
      config: parseConfig('test.yaml', JSON.stringify(syslog), syslogConfig),
      certificate: null,
      deny: new DenyList(undefined, () => undefined),
      // Nothing comes.
      intake: null as never,
      times: { retentionMs: 1, futureMs: 1 },
      now: Date.now,
      log: silentLog,
      metrics: new Registry(),
    });
  await expect(open({ udp: `127.0.0.1:${udp}` })).rejects.toMatchObject({ code: 'HG_PORT_TAKEN' });
  const free = await freePort();
  const both = open({ udp: `127.0.0.1:${free}`, tcp: `127.0.0.1:${tcp}` });
  await expect(both).rejects.toThrow(/doors\.syslog\.tcp/);
  const again = await open({ udp: `127.0.0.1:${free}` });
  expect(again.ports).toEqual({ udp: free, tcp: 0, tls: 0 });
  await again.close();
});
