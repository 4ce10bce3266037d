import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import type { LineBatch, LostBytes } from '../../../collector/core/tail/contract.ts';
import { collectorSyslogConfig } from '../../../collector/node/logs/syslog-config.ts';
import { startCollector } from '../../../collector/node/start.ts';
import { openSyslogSource } from '../../../collector/node/syslog/open.ts';
import { Senders } from '../../../collector/node/syslog/senders.ts';
import { createAuthority } from '../../../lib/certificates/authority.ts';
import type { TestBroker } from '../../support/broker.ts';
import { decodeReceived, quietHost, type Station, until } from '../../support/collector.ts';
import { freePort } from '../../support/free-port.ts';
import { stationAndBroker } from '../../support/station-and-broker.ts';

let station: Station;
let broker: TestBroker;
stationAndBroker((...opened) => {
  [station, broker] = opened;
});

const lines = () =>
  decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
const send = (socket: Socket, text: string | Buffer): Promise<void> =>
  new Promise((resolve) => socket.end(text, () => resolve()));
const consumerOf = (take: (batch: LineBatch, answer: () => void) => void) => ({
  opened: () => undefined,
  closed: () => undefined,
  take,
});

it('takes UDP, TCP in both framings, and TLS; each line with its device, level and service', async () => {
  const authority = await createAuthority(join(station.directory, 'gear-ca'), Date.now());
  const server = await authority.issue({ name: 'here', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
  const device = await authority.issue({ name: 'switch-9', role: 'collector', days: 1 });
  const [udp, tcp, tls] = [await freePort(), await freePort(), await freePort()];
  const config = station.config({
    port: broker.port,
    syslog: {
      udp: `127.0.0.1:${udp}`,
      tcp: `127.0.0.1:${tcp}`,
      tls: { listen: `127.0.0.1:${tls}`, ca: server.ca, cert: server.cert, key: server.key, clients: 'require' },
      level: 'debug',
      linger: '20ms',
    },
  });
  const running = await startCollector(config, { host: quietHost() });
  const datagram = createSocket('udp4');
  const year = new Date().getUTCFullYear();
  const now = new Date().toISOString();
  await new Promise<void>((resolve) =>
    datagram.send(
      `<187>1 ${now} switch-1 lldpd 77 LINK [x@1 port="3"] port 3 is down, card 4111111111111111`,
      udp,
      '127.0.0.1',
      () => resolve(),
    ),
  );
  await new Promise<void>((resolve) => datagram.send('', udp, '127.0.0.1', () => resolve()));
  datagram.close();
  await send(
    connect(tcp, '127.0.0.1'),
    `<14>Nov 29 10:00:00 router dhcpd[12]: lease\n<15>Nov 29 10:00:01 router dhcpd[12]: detail`,
  );
  const counted = `<12>1 - fw1 - - - - two\nlines`;
  await send(connect(tcp, '127.0.0.1'), `${counted.length} ${counted}`);
  const secure = connectTls({
    port: tls,
    host: '127.0.0.1',
    ca: readFileSync(server.ca),
    cert: readFileSync(device.cert),
    key: readFileSync(device.key),
  });
  await new Promise<void>((resolve) => secure.once('secureConnect', () => resolve()));
  const last = `<9>1 ${now} fw2 auth - - - secret`;
  await send(secure, `${Buffer.byteLength(last)} ${last}`);
  // One without a certificate is not let in.
  const stranger = connectTls({ port: tls, host: '127.0.0.1', ca: readFileSync(server.ca) });
  await new Promise<void>((resolve) => {
    stranger.on('error', () => undefined);
    stranger.once('close', () => resolve());
  });
  await until('five lines', () => lines().length >= 5);
  await until(
    'the figures say so',
    () =>
      (running.collector.status('up').sources.syslog as { syslog_refused_connections_total: number })
        .syslog_refused_connections_total === 1,
  );
  const status = running.collector.status('up').sources.syslog;
  await running.close();
  const by = new Map(lines().map((line) => [line.message, line]));
  expect([...by.keys()].sort()).toEqual([
    'detail',
    'lease',
    'port 3 is down, card ****************',
    'secret',
    'two\nlines',
  ]);
  const down = by.get('port 3 is down, card ****************')!;
  expect([down.service, down.level]).toEqual(['lldpd', 'error']);
  expect(down.fields).toMatchObject({
    'log.syslog.hostname': 'switch-1',
    'log.source.address': '127.0.0.1',
    'log.syslog.structured_data.x@1.port': '3',
    'process.pid': '77',
  });
  expect(by.get('lease')!.fields['log.syslog.hostname']).toBe('router');
  expect(by.get('detail')!.level).toBe('debug');
  expect(new Date(by.get('lease')!.time).getUTCFullYear()).toBeGreaterThan(year - 2);
  expect(by.get('secret')!.level).toBe('fatal');
  expect(status).toMatchObject({ syslog_messages_total: 5, syslog_dropped_total: 0, syslog_waiting_bytes: 0 });
});

it('drops datagrams and reads connections no further when the spool takes nothing, and goes on when it does', async () => {
  const config = collectorSyslogConfig.parse({
    udp: '127.0.0.1:0',
    tcp: '127.0.0.1:0',
    waitingBytes: '512KiB',
    linger: '5ms',
  });
  const source = await openSyslogSource(config, quietHost());
  const answers: (() => void)[] = [];
  let count = 0;
  source.start(
    consumerOf((batch, answer) => {
      count += batch.count;
      answers.push(answer);
    }),
    [],
  );
  const line = `<14>1 - h app - - - ${'x'.repeat(1000)}\n`;
  const sender = connect(source.ports.tcp, '127.0.0.1');
  const total = 20_000;
  sender.write(line.repeat(total));
  await until('it is full', () => source.full);
  const waiting = source.figures().syslog_waiting_bytes!;
  expect(waiting).toBeLessThan(2 * 2 ** 20);
  const datagram = createSocket('udp4');
  for (let i = 0; i < 10; i++) datagram.send('<14>1 - u app - - - lost', source.ports.udp, '127.0.0.1');
  await until('it drops', () => source.figures().syslog_dropped_total! >= 10);
  datagram.close();
  const timer = setInterval(() => {
    for (const answer of answers.splice(0)) answer();
  }, 1);
  await until('all lines of the connection', () => count >= total);
  sender.end();
  await source.stop();
  clearInterval(timer);
  expect(count).toBe(total);
  expect(source.figures().syslog_pauses_total).toBeGreaterThan(1);
  const labelled = [...source.labelled()].find(({ name }) => name === 'syslog_sender_messages_total')!;
  expect([labelled.labels, labelled.value]).toEqual([['sender', '127.0.0.1'], total]);
});

it('declares what had no room, and what waits still at the end', async () => {
  const config = collectorSyslogConfig.parse({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0', waitingBytes: '512KiB' });
  const source = await openSyslogSource(config, quietHost());
  const lost: LostBytes[] = [];
  const taken: number[] = [];
  const consumer = consumerOf((batch) => taken.push(batch.count));
  source.start({ ...consumer, lost: (one) => lost.push(one) }, []);
  const line = Buffer.from(`<14>1 - h app - - - ${'x'.repeat(1000)}`);
  let messages = 0;
  for (; !source.full; messages++) source.take(line, 0, line.length, '', '192.0.2.1');
  source.drop('192.0.2.1', 'waiting');
  source.drop('192.0.2.1', 'waiting');
  // The spool answers nothing.
  await source.stop();
  expect(lost.map(({ reason, lines: count }) => [reason, count])).toEqual([
    ['no_room', 2],
    ['closed', messages - taken[0]!],
  ]);
  expect(source.figures().syslog_dropped_total).toBe(messages - taken[0]! + 2);
});

it('takes whatever bytes come, and not from those who may not send', async () => {
  const config = collectorSyslogConfig.parse({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0', allow: ['10.0.0.0/8'] });
  const closed = await openSyslogSource(config, quietHost());
  const datagram = createSocket('udp4');
  datagram.send('<14>x', closed.ports.udp, '127.0.0.1');
  const stranger = connect(closed.ports.tcp, '127.0.0.1');
  await new Promise((resolve) => stranger.once('close', resolve));
  await until(
    'both are counted',
    () => closed.figures().syslog_not_allowed_total === 1 && closed.figures().syslog_refused_connections_total === 1,
  );
  await closed.stop();
  const open = await openSyslogSource(
    collectorSyslogConfig.parse({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0', maxMessageBytes: '480B', linger: '1ms' }),
    quietHost(),
  );
  const texts: string[] = [];
  open.start(
    consumerOf((batch, answer) => {
      for (let i = 0; i < batch.count; i++)
        texts.push(Buffer.from(batch.bytes.subarray(batch.starts[i], batch.ends[i])).toString('latin1'));
      answer();
    }),
    [],
  );
  for (const bytes of [Buffer.from([0xff, 0xfe, 0]), Buffer.from('<999>x'), Buffer.alloc(9000, 'y')])
    datagram.send(bytes, open.ports.udp, '127.0.0.1');
  await send(connect(open.ports.tcp, '127.0.0.1'), `999999999 <14>1 - - - - - torn`);
  await until('four', () => texts.length >= 4);
  expect(texts.find((text) => text.startsWith('y'))).toHaveLength(480);
  expect(texts.some((text) => text.includes('torn'))).toBe(true);
  datagram.close();
  await open.stop();
  const senders = new Senders();
  for (let i = 0; i < 1000; i++) senders.of(`10.0.${i >> 8}.${i & 255}`).messages++;
  expect([...senders.all()].length).toBe(257);
  expect(senders.of('192.0.2.1').messages).toBe(744);
});

it('wants to know who may send where others than this machine can come in', () => {
  expect(collectorSyslogConfig.safeParse({ udp: '0.0.0.0:514' }).success).toBe(false);
  expect(collectorSyslogConfig.safeParse({ udp: '0.0.0.0:514', allow: ['10.0.0.0/8'] }).success).toBe(true);
  expect(collectorSyslogConfig.safeParse({}).success).toBe(false);
});
