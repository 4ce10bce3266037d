import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createAuthority } from '../../lib/certificates/authority.ts';
import { freePort } from '../../test/support/free-port.ts';
import { cpuSecondsOf } from '../process/figures.ts';
import { type SyslogTransport, sendSyslog } from '../relay/syslog-senders.ts';
import { Daemon } from './daemon.ts';
import { findProgram, skipped } from './program.ts';

const DEADLINE_MS = 120_000;
/** Where Debian has what rsyslog loads. */
const MODULES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((name) => `/usr/lib/${name}/rsyslog`);

type Load = Parameters<typeof sendSyslog>[2];

/**
 * rsyslogd that takes syslog and writes each message as a line to a file, as it usually does: CPU s from the first byte of `counted` until all lines are in the file, and how
 * many came; null where there is no rsyslog, or no TLS for it.
 * @param silentMs of datagrams no more come when none did for so long
 */
export async function rsyslogReceiver(
  transport: SyslogTransport,
  warm: Load,
  counted: Load,
  silentMs: number,
): Promise<{ readonly cpu: number; readonly lines: number } | null> {
  const program = findProgram('rsyslogd');
  if (program === null) return skipped('rsyslog', 'Debian and Ubuntu: apt-get install rsyslog');
  const modules = process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES ?? MODULES.find((path) => existsSync(path));
  if (transport === 'tls' && !(modules && existsSync(join(modules, 'lmnsd_gtls.so')))) {
    return skipped('TLS of rsyslog', 'Debian and Ubuntu: apt-get install rsyslog-gnutls');
  }
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-rsyslog-'));
  const port = await freePort();
  const file = join(directory, 'messages');
  const ca = join(directory, 'ca');
  if (transport === 'tls') {
    const authority = await createAuthority(ca, Date.now());
    await authority.issue({ name: 'relay1', role: 'relay', hosts: ['127.0.0.1', 'localhost'], days: 2 });
  }
  const files = `DefaultNetstreamDriverCAFile="${ca}/ca.pem" DefaultNetstreamDriverCertFile="${ca}/relay1.pem" DefaultNetstreamDriverKeyFile="${ca}/relay1.key"`;
  const driver = 'StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"';
  const input = transport === 'udp' ? 'imudp' : 'imtcp';
  const config = [
    `global(workDirectory="${directory}" maxMessageSize="64k" ${transport === 'tls' ? files : ''})`,
    `module(load="${input}" ${transport === 'tls' ? driver : ''})`,
    'template(name="whole" type="string" string="%timestamp:::date-rfc3339% %syslogpriority-text% %hostname% %programname% %procid%%msg%\\n")',
    `ruleset(name="in") { action(type="omfile" file="${file}" template="whole") }`,
    `input(type="${input}" address="127.0.0.1" port="${port}" ruleset="in" ${transport === 'udp' ? 'rcvbufSize="8m"' : ''})`,
  ];
  writeFileSync(join(directory, 'rsyslog.conf'), `${config.join('\n')}\n`);
  writeFileSync(file, '');
  const daemon = new Daemon(program, [
    ...['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'rsyslog.pid')],
    ...(modules === undefined ? [] : ['-M', modules]),
  ]);
  const written = openSync(file, 'r');
  const piece = Buffer.alloc(1024 * 1024);
  let lines = 0;
  const holds = async (count: number) => {
    let since = performance.now();
    for (const end = performance.now() + DEADLINE_MS; lines < count; ) {
      const bytes = piece.subarray(0, readSync(written, piece));
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
      if (bytes.length > 0) {
        since = performance.now();
        continue;
      }
      daemon.check();
      if (transport === 'udp' && performance.now() - since > silentMs) return;
      if (performance.now() > end) throw new Error(`${lines} of ${count} lines came to rsyslog's file`);
      await wait(20);
    }
  };
  const send = (load: Load) => sendSyslog(transport, port, load, `${ca}/ca.pem`);
  try {
    if (transport === 'udp') await wait(1000);
    else await daemon.listens(port);
    await send(warm);
    await holds(warm.lines.length);
    const had = lines;
    const before = cpuSecondsOf(daemon.pid);
    await send(counted);
    await holds(had + counted.lines.length);
    return { cpu: cpuSecondsOf(daemon.pid) - before, lines: lines - had };
  } finally {
    await daemon.stop();
    closeSync(written);
    rmSync(directory, { recursive: true, force: true });
  }
}
