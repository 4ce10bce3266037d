import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';
import { writeCollectorConfig } from '../collector/config-file.ts';
import { findProgram } from '../peers/program.ts';

/** A program that reads a log file and sends its lines, as it is started again after each kill. */
export interface Agent {
  readonly name: string;
  readonly sink: 'relay' | 'text';
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How it is set up, in a word for the page. */
  readonly note: string;
}

export interface AgentPlace {
  /** For its configuration and state. */
  readonly folder: string;
  readonly log: string;
  readonly port: number;
}

/** Our own, with what it has by default: masking on, mutual TLS, a spool of 256 MiB on disk. */
export function collectorAgent({ folder, log, port }: AgentPlace, host: CertificateFiles): Agent {
  const config = writeCollectorConfig(folder, port, host, {
    logs: [{ paths: [log], level: 'debug' }],
    reconnect: { base: '200ms', cap: '2s' },
  });
  const main = fileURLToPath(new URL('../../collector/node/main.ts', import.meta.url));
  return {
    name: 'heliograph collector',
    sink: 'relay',
    program: process.execPath,
    args: [main, config],
    note: 'MQTT over mutual TLS, zstd, masking, levels and times read, spool with fsync',
  };
}

/** rsyslog: imfile, a queue in memory that goes to disk, sent again for ever; null where it is not installed. */
export function rsyslogAgent({ folder, log, port }: AgentPlace): Agent | null {
  const program = findProgram('rsyslogd');
  if (program === null) return null;
  const modules = process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES;
  const file = join(folder, 'rsyslog.conf');
  writeFileSync(
    file,
    [
      `global(workDirectory="${folder}")`,
      'module(load="imfile")',
      'template(name="raw" type="string" string="%msg%\\n")',
      'ruleset(name="out" queue.type="LinkedList" queue.filename="out" queue.maxDiskSpace="2g" queue.saveOnShutdown="on" queue.checkpointInterval="100") {',
      `  action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="raw" action.resumeRetryCount="-1" action.resumeInterval="1")`,
      '}',
      `input(type="imfile" file="${log}" tag="app" ruleset="out" persistStateInterval="100" persistStateAfterSubmission="on" reopenOnTruncate="on")`,
      '',
    ].join('\n'),
  );
  return {
    name: 'rsyslog',
    sink: 'text',
    program,
    args: ['-n', '-f', file, '-i', join(folder, 'pid'), ...(modules === undefined ? [] : ['-M', modules])],
    note: 'imfile, state kept after each 100 lines, queue of 2 GB on disk, plain TCP',
  };
}

/** syslog-ng: a file source and a reliable buffer on disk; null where it is not installed. @param root where Debian's package is unpacked */
export function syslogNgAgent({ folder, log, port }: AgentPlace, root: string | undefined): Agent | null {
  const program = findProgram('syslog-ng', root === undefined ? [] : [join(root, 'usr/sbin')]);
  if (program === null) return null;
  const buffer = join(folder, 'buffer');
  mkdirSync(buffer, { recursive: true });
  const file = join(folder, 'syslog-ng.conf');
  writeFileSync(
    file,
    [
      '@version: 3.38',
      'options { keep-hostname(yes); flush-lines(100); };',
      `source in { file("${log}" follow-freq(0.25) flags(no-parse) log-iw-size(10000)); };`,
      `destination out { network("127.0.0.1" port(${port}) transport("tcp") template("$MSG\\n") time-reopen(1)`,
      `  disk-buffer(reliable(yes) disk-buf-size(2000000000) mem-buf-size(16777216) dir("${buffer}"))); };`,
      'log { source(in); destination(out); flags(flow-control); };',
      '',
    ].join('\n'),
  );
  const state = ['persist', 'pid', 'ctl'].map((name) => join(folder, `syslog-ng.${name}`));
  const [persist, pid, control] = state as [string, string, string];
  return {
    name: 'syslog-ng',
    sink: 'text',
    program,
    args: ['-F', '--no-caps', '-f', file, '-R', persist, '-p', pid, '-c', control].concat(
      root === undefined ? [] : ['--module-path', join(root, 'usr/lib/syslog-ng/3.38')],
    ),
    ...(root === undefined ? {} : { env: { LD_LIBRARY_PATH: join(root, 'usr/lib/syslog-ng') } }),
    note: 'file source, reliable buffer of 2 GB on disk, flow control, plain TCP',
  };
}
