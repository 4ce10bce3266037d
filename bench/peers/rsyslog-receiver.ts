import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import { cpuSecondsOf } from '../process/figures.ts';
import { Daemon } from './daemon.ts';
import { findProgram, skipped } from './program.ts';

const DEADLINE_MS = 120_000;

/**
 * rsyslogd that takes syslog over TCP and writes each message as a line to a file, as it usually does: CPU s from the first byte of `counted` until
 * all lines are in the file; null where there is no rsyslog.
 * @param warm sends so many lines before it is counted @param counted sends those that count
 */
export async function rsyslogReceiver(
  warm: { readonly lines: number; readonly send: (port: number) => Promise<void> },
  counted: { readonly lines: number; readonly send: (port: number) => Promise<void> },
): Promise<number | null> {
  const program = findProgram('rsyslogd');
  if (program === null) return skipped('rsyslog', 'Debian and Ubuntu: apt-get install rsyslog');
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-rsyslog-'));
  const port = await freePort();
  const file = join(directory, 'messages');
  const modules = process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES;
  const config = [
    `global(workDirectory="${directory}" maxMessageSize="64k")`,
    'module(load="imtcp")',
    'template(name="whole" type="string" string="%timestamp:::date-rfc3339% %syslogpriority-text% %hostname% %programname% %procid%%msg%\\n")',
    `ruleset(name="in") { action(type="omfile" file="${file}" template="whole") }`,
    `input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="in")`,
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
    for (const end = performance.now() + DEADLINE_MS; lines < count; ) {
      const bytes = piece.subarray(0, readSync(written, piece));
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
      if (bytes.length > 0) continue;
      daemon.check();
      if (performance.now() > end) throw new Error(`${lines} of ${count} lines came to rsyslog's file`);
      await wait(20);
    }
  };
  try {
    await daemon.listens(port);
    await warm.send(port);
    await holds(warm.lines);
    const before = cpuSecondsOf(daemon.pid);
    await counted.send(port);
    await holds(warm.lines + counted.lines);
    return cpuSecondsOf(daemon.pid) - before;
  } finally {
    await daemon.stop();
    closeSync(written);
    rmSync(directory, { recursive: true, force: true });
  }
}
