import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { variedLines } from '../collector/varied-lines.ts';
import { LINE_BYTES } from '../log-lines.ts';
import { cpuSecondsOf } from '../process/figures.ts';
import { Daemon } from './daemon.ts';
import { findProgram, skipped } from './program.ts';

const DEADLINE_MS = 120_000;

/** A file of lines through rsyslog's imfile and omfwd over plain TCP: CPU s per GB of lines; null where there is no rsyslog. */
export async function rsyslogPerGigabyte(lines: number): Promise<number | null> {
  const program = findProgram('rsyslogd');
  if (program === null) return skipped('rsyslog', 'Debian and Ubuntu: apt-get install rsyslog');
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-bench-rsyslog-'));
  let arrived = 0;
  const sink = createServer((socket) => {
    socket.on('data', (chunk) => {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) arrived++;
    });
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const log = join(directory, 'app.log');
  writeFileSync(log, '');
  const modules = process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES;
  const config = [
    `global(workDirectory="${directory}")`,
    'module(load="imfile")',
    'template(name="raw" type="string" string="%msg%\\n")',
    `ruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="${(sink.address() as AddressInfo).port}" protocol="tcp" template="raw") }`,
    `input(type="imfile" file="${log}" tag="app" ruleset="out")`,
  ];
  writeFileSync(join(directory, 'rsyslog.conf'), `${config.join('\n')}\n`);
  const daemon = new Daemon(program, [
    ...['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'rsyslog.pid')],
    ...(modules === undefined ? [] : ['-M', modules]),
  ]);
  const until = async (count: number) => {
    for (const end = performance.now() + DEADLINE_MS; arrived < count; await wait(20)) {
      daemon.check();
      if (performance.now() > end) throw new Error(`${arrived} of ${count} lines came through rsyslog`);
    }
  };
  try {
    // It has found the file and connected before it is counted.
    const warm = 1_000;
    appendFileSync(log, variedLines(0, warm));
    await until(warm);
    const before = cpuSecondsOf(daemon.pid);
    for (let at = warm; at < lines + warm; at += 20_000) {
      appendFileSync(log, variedLines(at, Math.min(lines + warm, at + 20_000)));
    }
    await until(lines + warm);
    return ((cpuSecondsOf(daemon.pid) - before) / (lines * LINE_BYTES)) * 1e9;
  } finally {
    await daemon.stop();
    sink.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
