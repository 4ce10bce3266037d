import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Daemon } from '../../../../bench/peers/daemon.ts';
import { findProgram } from '../../../../bench/peers/program.ts';
import type { CertificateFiles } from '../../../../lib/certificates/authority.ts';
import { until } from '../../../support/until.ts';
import { SyslogPlace } from './place.ts';

const LINES = 400;
/** Where Debian has what rsyslog loads, by machine; `.ci/run` installs rsyslog-gnutls where it is missing. */
const MODULES =
  process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES ??
  ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((name) => `/usr/lib/${name}/rsyslog`).find((path) => existsSync(path));
const program = MODULES !== undefined && existsSync(join(MODULES, 'lmnsd_gtls.so')) ? findProgram('rsyslogd') : null;

let place: SyslogPlace;
let daemon: Daemon | null = null;
afterEach(async () => {
  await daemon?.stop();
  daemon = null;
  await place?.close();
});

/** rsyslogd as docs/syslog.md has it, which sends what comes to a file. @param own null: it shows no certificate @returns adds lines to the file */
function sender(own: CertificateFiles | null): (lines: readonly string[]) => void {
  const directory = join(place.directory, 'rsyslog');
  mkdirSync(directory);
  const file = join(directory, 'in.log');
  writeFileSync(file, '');
  const files = own ? `DefaultNetstreamDriverCertFile="${own.cert}" DefaultNetstreamDriverKeyFile="${own.key}"` : '';
  const ca = join(place.authority.directory, 'ca.pem');
  const config = [
    `global(workDirectory="${directory}" localHostname="edge-7" DefaultNetstreamDriverCAFile="${ca}" ${files})`,
    'module(load="imfile")',
    `ruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="${place.ports.tls}" protocol="tcp" TCP_Framing="octet-counted"
       StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="relay1"
       action.resumeRetryCount="-1" action.resumeInterval="1" template="RSYSLOG_SyslogProtocol23Format") }`,
    `input(type="imfile" file="${file}" tag="app:" severity="error" facility="local3" ruleset="out")`,
  ];
  writeFileSync(join(directory, 'rsyslog.conf'), `${config.join('\n')}\n`);
  const run = ['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'rsyslog.pid'), '-M', MODULES!];
  daemon = new Daemon(program!, run);
  return (lines) => appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
}

const refused = (reason: string) =>
  place.metric(`heliograph_relay_syslog_refused_connections_total{transport="tls",reason="${reason}"}`);

test.skipIf(program === null)('rsyslog over TLS with a certificate: each line once, under the name in it', async () => {
  place = await new SyslogPlace().openSyslog({ tls: { listen: '127.0.0.1:0', clients: 'require' } });
  const own = await place.issue('web-1', 'collector');
  const append = sender(own);
  const texts = Array.from({ length: LINES }, (_, i) => `line ${i} über TLS: 50% [x] "y"`);
  append(texts);
  await until('all lines', () => {
    daemon!.check();
    return place.lines().filter(({ service }) => service === 'app').length >= LINES;
  });
  const lines = place.lines().filter(({ service }) => service === 'app');
  expect(lines.map(({ message }) => message).sort()).toEqual(texts.sort());
  for (const line of lines) {
    expect(line).toMatchObject({ host: 'web-1', level: 'error', fields: { 'log.syslog.hostname': 'edge-7' } });
  }
  expect(await place.metric('heliograph_relay_syslog_connections{transport="tls"}')).toBe(1);
  for (const what of ['frame', 'header', 'structured_data', 'no_priority', 'too_long', 'torn']) {
    expect(await place.metric(`heliograph_relay_syslog_odd_total{what="${what}"}`), what).toBe(0);
  }
});

test.skipIf(program === null)('rsyslog without a certificate, where one is wanted, does not come in', async () => {
  place = await new SyslogPlace().openSyslog({ tls: { listen: '127.0.0.1:0', clients: 'require' } });
  const append = sender(null);
  append(['of nobody']);
  await until('it was refused', async () => {
    daemon!.check();
    return (await refused('handshake')) + (await refused('certificate')) > 0;
  });
  expect(place.lines()).toEqual([]);
});
