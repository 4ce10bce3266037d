import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Daemon } from '../../../../bench/peers/daemon.ts';
import { findProgram } from '../../../../bench/peers/program.ts';
import { until } from '../../../support/until.ts';
import { SyslogPlace } from './place.ts';

const LINES = 400;
/** `.ci/run` installs it where it is missing. */
const program = findProgram('rsyslogd');

let place: SyslogPlace;
let daemon: Daemon | null = null;
afterEach(async () => {
  await daemon?.stop();
  daemon = null;
  await place?.close();
});

/** How a file's lines go to the relay. */
const WAYS = {
  udp: 'protocol="udp" template="RSYSLOG_TraditionalForwardFormat"',
  lined: 'protocol="tcp" template="RSYSLOG_ForwardFormat"',
  counted: 'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
  data: 'protocol="tcp" TCP_Framing="octet-counted" template="data"',
} as const;

test.skipIf(program === null)(
  'rsyslog forwards files over UDP and TCP, in both framings and RFCs: each line once, with its facts',
  async () => {
    place = await new SyslogPlace().openSyslog({ udp: '127.0.0.1:0', tcp: '127.0.0.1:0' });
    const directory = join(place.directory, 'rsyslog');
    mkdirSync(directory);
    const ways = Object.entries(WAYS).map(([name, how]) => {
      const port = name === 'udp' ? place.ports.udp : place.ports.tcp;
      const file = join(directory, `${name}.log`);
      writeFileSync(file, '');
      return `ruleset(name="${name}") { action(type="omfwd" target="127.0.0.1" port="${port}" ${how}) }
input(type="imfile" file="${file}" tag="app-${name}:" severity="error" facility="local3" ruleset="${name}")`;
    });
    const head = '<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% 77 ID47';
    const config = [
      `global(workDirectory="${directory}" localHostname="edge-7")`,
      'module(load="imfile")',
      `template(name="data" type="string" string="${head} [file@32473 a=\\"1\\" b=\\"x\\\\\\"y\\"] %msg%")`,
      ...ways,
    ];
    writeFileSync(join(directory, 'rsyslog.conf'), `${config.join('\n')}\n`);
    const begin = Date.now();
    const modules = process.env.HELIOGRAPH_BENCH_RSYSLOG_MODULES;
    daemon = new Daemon(program!, [
      ...['-n', '-f', join(directory, 'rsyslog.conf'), '-i', join(directory, 'rsyslog.pid')],
      ...(modules === undefined ? [] : ['-M', modules]),
    ]);
    for (const name of Object.keys(WAYS)) {
      const text = Array.from({ length: LINES }, (_, i) => `line ${i} über ${name}: 50% [x] "y"\n`);
      appendFileSync(join(directory, `${name}.log`), text.join(''));
    }
    const ours = () => place.lines().filter(({ service }) => service.startsWith('app-'));
    await until('all lines', () => {
      daemon!.check();
      return ours().length >= LINES * Object.keys(WAYS).length;
    });
    for (const name of Object.keys(WAYS)) {
      const lines = ours().filter(({ service }) => service === `app-${name}`);
      const texts = lines.map(({ message }) => message).sort();
      const sent = Array.from({ length: LINES }, (_, i) => `line ${i} über ${name}: 50% [x] "y"`).sort();
      expect(texts, name).toEqual(sent);
      for (const line of lines) {
        expect(line, name).toMatchObject({ host: 'edge-7', level: 'error', class: 'error' });
        expect(line.fields, name).toEqual({
          'log.syslog.priority': '155',
          'log.syslog.facility.name': 'local3',
          'log.syslog.severity.name': 'error',
          'process.name': `app-${name}`,
          'log.source.address': '127.0.0.1',
          ...(name === 'data' && {
            'process.pid': '77',
            'log.syslog.msgid': 'ID47',
            'log.syslog.structured_data.file@32473.a': '1',
            'log.syslog.structured_data.file@32473.b': 'x"y',
          }),
        });
        // Of UDP in RFC 3164 it is a time of this machine's zone without the zone.
        if (name !== 'udp') expect(Math.abs(line.time - begin)).toBeLessThan(300_000);
      }
    }
    for (const what of ['frame', 'header', 'structured_data', 'no_priority', 'too_long']) {
      expect(await place.metric(`heliograph_relay_syslog_odd_total{what="${what}"}`), what).toBe(0);
    }
  },
);
