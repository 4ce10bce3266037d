import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { CertificateFiles } from '../../../../lib/certificates/authority.ts';
import { revoke } from '../../../../lib/certificates/revocation.ts';
import { until } from '../../../support/until.ts';
import { closed, SyslogPlace } from './place.ts';

let place: SyslogPlace;
afterEach(() => place.close());

async function tls(files: CertificateFiles | null): Promise<TLSSocket> {
  const own = files ? { cert: readFileSync(files.cert), key: readFileSync(files.key) } : {};
  const ca = readFileSync(join(place.authority.directory, 'ca.pem'));
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: place.ports.tls, ca, ...own });
  // Of TLS 1.3 a server says behind the handshake that it does not want the certificate.
  socket.on('error', () => socket.destroy());
  await Promise.race([once(socket, 'secureConnect'), closed(socket)]);
  return socket;
}

const counted = (host: string, text: string) => {
  const line = `<13>1 ${new Date().toISOString()} ${host} app - - - ${text}`;
  return `${line.length} ${line}`;
};
const refused = (reason: string) =>
  place.metric(`heliograph_relay_syslog_refused_connections_total{transport="tls",reason="${reason}"}`);

test('TLS without certificates of clients: the address says who may send', async () => {
  place = await new SyslogPlace().openSyslog({ tls: { listen: '127.0.0.1:0' } });
  const socket = await tls(null);
  socket.end(counted('sw-1', 'one') + counted('sw-2', 'two'));
  const lines = await place.arrived(2);
  expect(lines.map(({ host, message }) => `${host} ${message}`).sort()).toEqual(['sw-1 one', 'sw-2 two']);
  expect(await place.metric('heliograph_relay_syslog_messages_total{transport="tls"}')).toBe(2);
});

test('with certificates a line stands under the name in it, but for those that may name hosts; who is denied is closed', async () => {
  place = await new SyslogPlace().openSyslog({
    tls: { listen: '127.0.0.1:0', clients: 'require', anyHost: ['loghost'] },
  });
  const [mine, central] = [await place.issue('sw-1', 'collector'), await place.issue('loghost', 'collector')];
  const relays = await place.issue('relay-2', 'relay');
  const socket = await tls(mine);
  socket.write(counted('liar', 'of a switch'));
  (await tls(central)).end(counted('sw-9', 'of a server'));
  const lines = await place.arrived(2);
  expect(lines.find(({ message }) => message === 'of a switch')).toMatchObject({
    host: 'sw-1',
    fields: { 'log.syslog.hostname': 'liar', 'log.source.address': '127.0.0.1' },
  });
  expect(lines.find(({ message }) => message === 'of a server')!.host).toBe('sw-9');
  await closed(await tls(null));
  await closed(await tls(relays));
  await until('both refused', async () => (await refused('handshake')) === 1 && (await refused('certificate')) === 1);
  revoke(place.authority.directory, 'sw-1', Date.now());
  await closed(socket);
  expect(await refused('certificate')).toBe(2);
  await closed(await tls(mine));
  expect(await refused('certificate')).toBe(3);
});

test('a certificate is asked for: who has none comes in by its address, who has one under its name', async () => {
  place = await new SyslogPlace().openSyslog({ tls: { listen: '127.0.0.1:0', clients: 'ask' }, host: 'address' });
  (await tls(null)).end(counted('x', 'nameless'));
  (await tls(await place.issue('fw-1', 'collector'))).end(counted('x', 'named'));
  const lines = await place.arrived(2);
  expect(lines.map(({ host, message }) => `${host} ${message}`).sort()).toEqual(['fw-1 named', 'local nameless']);
});

test('a renewed certificate is served to new connections, and a broken renewal is not', async () => {
  place = await new SyslogPlace().openSyslog({ tls: { listen: '127.0.0.1:0' } });
  const serial = async () => {
    const socket = await tls(null);
    const { serialNumber } = socket.getPeerCertificate();
    socket.end();
    return serialNumber;
  };
  const { cert, key } = await place.authority.issue({
    name: 'renewed',
    role: 'relay',
    days: 30,
    hosts: ['127.0.0.1', 'localhost'],
  });
  const directory = place.authority.directory;
  const before = await serial();
  const standing = await tls(null);
  writeFileSync(join(directory, 'relay1.key'), 'half of a');
  copyFileSync(cert, join(directory, 'relay1.pem'));
  expect(await serial()).toBe(before);
  copyFileSync(key, join(directory, 'relay1.key'));
  await until('the new one', async () => (await serial()) !== before);
  standing.end(counted('h', 'over the old one'));
  expect((await place.arrived(1))[0]!.message).toBe('over the old one');
});
