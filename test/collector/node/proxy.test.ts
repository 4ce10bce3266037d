import { expect, test } from 'vitest';
import { addressText } from '../../../collector/core/uplink/relay-turns.ts';
import { collectorConfig } from '../../../collector/node/config.ts';
import { parseProxy, proxyFor } from '../../../collector/node/proxy.ts';

const FILE = { dataDir: '/d', tls: { ca: 'a', cert: 'b', key: 'c' }, relays: ['relay.example:8883'] };
const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`;

test('addresses of relays: host and port, mqtts:// and wss://', () => {
  const of = (relay: string) => {
    const parsed = collectorConfig.safeParse({ ...FILE, relays: [relay] });
    return parsed.success ? addressText(parsed.data.relays[0]!) : null;
  };
  expect(of('relay.example:8883')).toBe('relay.example:8883');
  expect(of('[::1]:8883')).toBe('[::1]:8883');
  expect(of('mqtts://relay.example')).toBe('relay.example:8883');
  expect(of('mqtts://relay.example:443')).toBe('relay.example:443');
  expect(of('wss://relay.example')).toBe('wss://relay.example:443/mqtt');
  expect(of('wss://relay.example/')).toBe('wss://relay.example:443/mqtt');
  expect(of('wss://[2001:db8::1]:8443/a/b')).toBe('wss://[2001:db8::1]:8443/a/b');
  for (const bad of ['relay.example', 'ws://relay.example', 'wss://', 'wss://relay.example:70000', 'a:1/mqtt'])
    expect(of(bad)).toBe(null);
  expect(of('wss://user:secret@relay.example/mqtt')).toBe(null);
  expect(of('wss://relay.example/mqtt?x=1')).toBe(null);
});

test('a proxy is an http URL, with a log-in or without', () => {
  expect(parseProxy('http://proxy.example:3128')).toEqual({ host: 'proxy.example', port: 3128, authorization: null });
  expect(parseProxy('http://proxy.example')).toMatchObject({ port: 80 });
  expect(parseProxy('http://[::1]:3128/')).toMatchObject({ host: '::1' });
  expect(parseProxy('http://user:s%40c%3Aret@p:1')).toMatchObject({ authorization: basic('user:s@c:ret') });
  for (const bad of ['proxy:3128', 'https://p:1', 'socks5://p:1', 'http://p:1/path', 'http://%zz:x@p:1', ''])
    expect(parseProxy(bad)).toBe(null);
  const parsed = (proxy: string) => collectorConfig.safeParse({ ...FILE, proxy });
  expect(parsed('none').data!.proxy).toBe('none');
  expect(parsed('http://u:x@p:1').data!.proxy).toEqual({ host: 'p', port: 1, authorization: basic('u:x') });
  expect(parsed('p:1').error!.issues[0]!.message).toContain('http://user:secret@proxy.example:3128');
});

test('the configuration goes before the environment, and there lower case before upper case', () => {
  const relay = { host: 'relay.example', port: 443 };
  const ours = parseProxy('http://ours:1')!;
  const environment = { HTTPS_PROXY: 'http://upper:2' };
  expect(proxyFor(relay, ours, environment)).toBe(ours);
  expect(proxyFor(relay, ours, { ...environment, NO_PROXY: '*' })).toBe(ours);
  expect(proxyFor(relay, 'none', environment)).toBe(null);
  expect(proxyFor(relay, undefined, environment)).toMatchObject({ host: 'upper' });
  expect(proxyFor(relay, undefined, { ...environment, https_proxy: 'http://lower:3' })).toMatchObject({ port: 3 });
  expect(proxyFor(relay, undefined, {})).toBe(null);
  expect(proxyFor(relay, undefined, { HTTPS_PROXY: '', HTTP_PROXY: 'http://p:1' })).toBe(null);
  const bad = () => proxyFor(relay, undefined, { HTTPS_PROXY: 'socks5://u:hidden@p:1' });
  expect(bad).toThrow(/^HG_PROXY_SETTING/);
  expect(bad).not.toThrow(/hidden/);
});

test('NO_PROXY: names and those below them, addresses and networks, ports; this machine needs no entry', () => {
  const goesBy = (host: string, NO_PROXY: string, port = 443) =>
    proxyFor({ host, port }, undefined, { HTTPS_PROXY: 'http://p:1', NO_PROXY }) !== null;
  expect(goesBy('relay.example', 'other.example')).toBe(true);
  for (const list of ['*', 'relay.example', 'RELAY.example', '.example', '*.example', 'example', 'a, b relay.example'])
    expect(goesBy('relay.example', list), list).toBe(false);
  expect(goesBy('myrelay.example', 'relay.example')).toBe(true);
  expect(goesBy('relay.example', 'relay.example:443')).toBe(false);
  expect(goesBy('relay.example', 'relay.example:443', 8883)).toBe(true);
  expect(goesBy('10.1.2.3', '10.0.0.0/8')).toBe(false);
  expect(goesBy('11.1.2.3', '10.0.0.0/8')).toBe(true);
  expect(goesBy('10.1.2.3', '10.1.2.3')).toBe(false);
  expect(goesBy('10.1.2.3', '2.3')).toBe(true);
  expect(goesBy('10.1.2.3', '10.0.0.0/99')).toBe(true);
  expect(goesBy('2001:db8::1', '2001:db8::/32')).toBe(false);
  expect(goesBy('2001:db8::1', '[2001:db8::1]:443')).toBe(false);
  expect(goesBy('2001:db9::1', '2001:db8::/32')).toBe(true);
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(goesBy(host, ''), host).toBe(false);
  expect(goesBy('notlocalhost', '')).toBe(true);
});
