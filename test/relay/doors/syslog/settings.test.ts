import { expect, test } from 'vitest';
import { bindError } from '../../../../lib/bind.ts';
import { parseCidr } from '../../../../lib/config/cidr.ts';
import { parseConfig } from '../../../../lib/config/load.ts';
import { dropsOfPort } from '../../../../lib/doors/syslog/kernel-drops.ts';
import { nameOfAddress, Peers, plainAddress } from '../../../../lib/doors/syslog/peers.ts';
import { syslogConfig } from '../../../../relay/doors/syslog/config.ts';
import { HostNames, OVER } from '../../../../relay/doors/syslog/host-names.ts';

const wrong = (settings: object): string => {
  try {
    parseConfig('relay.yaml', JSON.stringify(settings), syslogConfig);
  } catch (error) {
    return String(error);
  }
  return '';
};

test('what is open to others wants to know who may send', () => {
  expect(wrong({ udp: '0.0.0.0:514' })).toMatch(/udp is open to other machines.*allow: \[10\.0\.0\.0\/8\]/s);
  expect(wrong({ tls: {} })).toMatch(/tls is open to other machines/);
  expect(wrong({ tls: { clients: 'ask' } })).toMatch(/tls is open to other machines/);
  expect(wrong({ tls: { clients: 'require' } })).toBe('');
  expect(wrong({ udp: '127.0.0.1:514', tcp: '[::1]:514' })).toBe('');
  expect(wrong({ udp: '0.0.0.0:514', allow: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] })).toBe('');
});

test('values that are none are told with what to write', () => {
  expect(wrong({})).toMatch(/set one of udp, tcp and tls/);
  expect(wrong({ udp: '127.0.0.1:514', allow: ['10.0.0.0/33'] })).toMatch(/allow.*10\.0\.0\.0\/8/s);
  expect(wrong({ udp: '127.0.0.1:514', zone: 'Berlin' })).toMatch(/Europe\/Berlin/);
  expect(wrong({ udp: '127.0.0.1:514', maxMessageBytes: '100B' })).toMatch(/480B/);
  expect(wrong({ udp: '127.0.0.1:514', maxMessageBytes: '1MiB' })).toMatch(/512KiB/);
});

test('ranges of addresses', () => {
  expect(parseCidr('10.0.0.0/8')).toEqual({ address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  expect(parseCidr('2001:db8::1')).toEqual({ address: '2001:db8::1', prefix: 128, family: 'ipv6' });
  for (const text of ['', '10.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', 'a/8'])
    expect(parseCidr(text), text).toBeNull();
});

test('peers by address: IPv4 in the form of IPv6, link-local with its interface, and names without colons', () => {
  const peers = new Peers([parseCidr('10.0.0.0/8')!, parseCidr('fe80::/10')!], true);
  expect(peers.of('::ffff:10.1.2.3')).toEqual({ name: '10.1.2.3', address: '10.1.2.3', anyHost: true });
  expect(peers.of('fe80::1%eth0')).toEqual({ name: 'fe80--1', address: 'fe80::1', anyHost: true });
  expect(peers.of('11.0.0.1')).toBeNull();
  expect(plainAddress('::FFFF:10.0.0.1')).toBe('10.0.0.1');
  expect(nameOfAddress('::2')).toBe('0--2');
  expect(nameOfAddress('127.0.0.1')).toBe('local');
});

test('hosts over the bound stand under the address, then under one name; an hour without them makes room', () => {
  let over = 0;
  const names = new HostNames(2, () => over++);
  const peer = { name: '10.0.0.1', address: '10.0.0.1', anyHost: true };
  const other = { name: '10.0.0.2', address: '10.0.0.2', anyHost: true };
  const hour = 3_600_000;
  expect(['', 'a', 'b', 'a', 'no name', ''].map((said) => names.of(said, peer, 0))).toEqual([
    ...['10.0.0.1', 'a', '10.0.0.1', 'a', '10.0.0.1', '10.0.0.1'],
  ]);
  expect(names.of('b', other, 0)).toBe(OVER);
  expect(over).toBe(2);
  // Those of the hour before have their places still, those of two hours before not.
  expect(names.of('b', other, hour)).toBe(OVER);
  expect(names.of('a', other, hour)).toBe('a');
  expect(names.of('b', other, 2 * hour)).toBe('b');
  expect(names.of('c', other, 2 * hour)).toBe(OVER);
  expect(names.of('c', other, 9 * hour)).toBe('c');
});

test('a key in the place of the host is no name', () => {
  const names = new HostNames(10, () => undefined);
  const peer = { name: '10.0.0.1', address: '10.0.0.1', anyHost: true };
  const said = [`ghp_${'a1B2'.repeat(9)}`, 'AKIAIOSFODNN7EXAMPLE', 'ghp-1.example.org'];
  expect(said.map((name) => names.of(name, peer, 0))).toEqual(['10.0.0.1', '10.0.0.1', 'ghp-1.example.org']);
});

test('invented names take no certificate its own, and of the others no more than half by one address', () => {
  const names = new HostNames(1000, () => undefined);
  const forger = { name: '10.0.0.1', address: '10.0.0.1', anyHost: true };
  const other = { name: '10.0.0.2', address: '10.0.0.2', anyHost: true };
  const third = { name: '10.0.0.3', address: '10.0.0.3', anyHost: true };
  const web = { name: 'web-1', address: '10.0.0.9', anyHost: false, certified: true };
  const hour = 3_600_000;
  const got = Array.from({ length: 2000 }, (_, i) => names.of(`x${i}`, forger, 0));
  expect(got.filter((name) => name.startsWith('x'))).toHaveLength(500);
  expect(names.of('sw-1', other, 0)).toBe('sw-1');
  for (let i = 0; i < 600; i++) names.of(`y${i}`, other, 0);
  expect(names.of('sw-3', third, 0)).toBe(OVER);
  expect(names.of('', web, 0)).toBe('web-1');
  // In the next hour the half is that of both.
  expect(names.of('x1', forger, hour)).toBe('x1');
  expect(names.of('z', forger, hour)).toBe(OVER);
  expect(names.of('sw-1', other, hour)).toBe('sw-1');
});

test('drops of a port in the text of /proc/net/udp', () => {
  const text = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  364: 0100007F:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20719 2 0000000000000000 17
  365: 00000000:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20720 2 0000000000000000 4
  366: 0100007F:1202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20721 2 0000000000000000 99
`;
  expect(dropsOfPort(text, 514)).toBe(21);
  expect(dropsOfPort(text, 515)).toBe(0);
});

test('a port that is not for this user is told with the key to change; what is not known stays as it is', () => {
  const listen = { host: '0.0.0.0', port: 514, key: 'doors.syslog.udp' };
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  expect(bindError(denied, listen)).toMatchObject({ code: 'HG_PORT_RIGHT' });
  expect(String(bindError(denied, listen))).toContain('0.0.0.0:514; give the right, or set doors.syslog.udp');
  const other = Object.assign(new Error('no such address'), { code: 'EADDRNOTAVAIL' });
  expect(bindError(other, listen)).toBe(other);
});
