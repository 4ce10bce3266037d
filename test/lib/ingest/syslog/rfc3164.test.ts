import { expect, test } from 'vitest';
import { said } from './read.ts';

const f = (name: string, line: string, want: ReturnType<typeof said>, zone?: string) =>
  test(name, () => expect(said(line, zone)).toEqual(want));
const time = '2026-11-29T14:25:41.000Z';

f("the RFC's first example", "<34>Nov  1 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8", {
  priority: 34,
  time: '2026-11-01T22:14:15.000Z',
  host: 'mymachine',
  app: 'su',
  text: "'su root' failed for lonvick on /dev/pts/8",
});
f("the RFC's without a time", '<0>Use the BFG!', { priority: 0, text: 'Use the BFG!' });
f('OpenSSH on Linux', '<38>Nov 29 14:25:41 web-1 sshd[4123]: Accepted publickey for root', {
  priority: 38,
  time,
  host: 'web-1',
  app: 'sshd',
  procid: '4123',
  text: 'Accepted publickey for root',
});
f(
  'without a host, as programs write to the local socket',
  '<86>Nov 29 14:25:41 sudo: pam_unix(sudo:session): session opened',
  {
    priority: 86,
    time,
    app: 'sudo',
    text: 'pam_unix(sudo:session): session opened',
  },
);
f('a pid and no colon', '<30>Nov 29 14:25:41 h dhcpd[9] DHCPACK on 10.0.0.2', {
  priority: 30,
  time,
  host: 'h',
  app: 'dhcpd',
  procid: '9',
  text: 'DHCPACK on 10.0.0.2',
});
f('a daemon with a slash in its name', '<22>Nov 29 14:25:41 mx postfix/smtpd[77]: connect from unknown', {
  priority: 22,
  time,
  host: 'mx',
  app: 'postfix/smtpd',
  procid: '77',
  text: 'connect from unknown',
});
f('rsyslog to rsyslog, with its ISO time', '<46>2026-11-29T15:25:41.123456+01:00 db1 rsyslogd: start', {
  priority: 46,
  time: '2026-11-29T14:25:41.123Z',
  host: 'db1',
  app: 'rsyslogd',
  text: 'start',
});
f(
  'an ISO time without zone, in the configured one',
  '<46>2026-11-29 15:25:41 db1 app: x',
  {
    priority: 46,
    time,
    host: 'db1',
    app: 'app',
    text: 'x',
  },
  'Europe/Berlin',
);
f(
  'the configured zone in summer',
  '<13>Aug  9 12:00:00 h a: x',
  {
    priority: 13,
    time: '2026-08-09T10:00:00.000Z',
    host: 'h',
    app: 'a',
    text: 'x',
  },
  'Europe/Berlin',
);
f('one blank before a day of one digit', '<13>Nov 9 14:25:41 h a: x', {
  priority: 13,
  time: '2026-11-09T14:25:41.000Z',
  host: 'h',
  app: 'a',
  text: 'x',
});
f(
  'Cisco IOS: a number, a clock that is not set, milliseconds',
  '<189>29: *Mar  1 00:00:16.123: %SYS-5-CONFIG_I: Configured from console by vty0 (10.1.1.2)',
  {
    priority: 189,
    unsetTime: 'Mar  1 00:00:16.123',
    sequence: '29',
    app: 'SYS',
    msgid: 'SYS-5-CONFIG_I',
    text: '%SYS-5-CONFIG_I: Configured from console by vty0 (10.1.1.2)',
  },
);
f(
  'Cisco IOS XE: a number, a host, a zone',
  '<187>000047: sw-1: Nov 29 14:25:41.500 UTC: %LINK-3-UPDOWN: Interface Gi1/0/1, changed state to up',
  {
    priority: 187,
    time: '2026-11-29T14:25:41.500Z',
    host: 'sw-1',
    sequence: '000047',
    app: 'LINK',
    msgid: 'LINK-3-UPDOWN',
    text: '%LINK-3-UPDOWN: Interface Gi1/0/1, changed state to up',
  },
);
f(
  'Cisco IOS: the time alone, and a zone of summer',
  '<189>Nov 29 2026 15:25:41 CET: %OSPF-5-ADJCHG: Process 1',
  {
    priority: 189,
    time,
    app: 'OSPF',
    msgid: 'OSPF-5-ADJCHG',
    text: '%OSPF-5-ADJCHG: Process 1',
  },
  'Europe/Berlin',
);
f(
  'Cisco IOS XR',
  '<189>1234: RP/0/RSP0/CPU0:Nov 29 14:25:41.123 : bgp[1052]: %ROUTING-BGP-5-ADJCHANGE : neighbor 10.0.0.1 Up',
  {
    priority: 189,
    time: '2026-11-29T14:25:41.123Z',
    host: 'RP/0/RSP0/CPU0',
    sequence: '1234',
    app: 'bgp',
    procid: '1052',
    msgid: 'ROUTING-BGP-5-ADJCHANGE',
    text: '%ROUTING-BGP-5-ADJCHANGE : neighbor 10.0.0.1 Up',
  },
);
f(
  'Cisco NX-OS: its year before the month',
  '<189>: 2026 Nov 29 14:25:41 UTC: %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up',
  {
    priority: 189,
    time,
    app: 'ETHPORT',
    msgid: 'ETHPORT-5-IF_UP',
    text: '%ETHPORT-5-IF_UP: Interface Ethernet1/1 is up',
  },
);
f(
  'Cisco ASA: its year, its host, a lone colon',
  '<166>Nov 29 2026 14:25:41 asa-1 : %ASA-6-302013: Built outbound TCP',
  {
    priority: 166,
    time,
    host: 'asa-1',
    app: 'ASA',
    msgid: 'ASA-6-302013',
    text: '%ASA-6-302013: Built outbound TCP',
  },
);
f('Cisco ASA with logging timestamp rfc5424', '<166>2026-11-29T14:25:41Z asa-1 : %ASA-6-302013: Built', {
  priority: 166,
  time,
  host: 'asa-1',
  app: 'ASA',
  msgid: 'ASA-6-302013',
  text: '%ASA-6-302013: Built',
});
f('Cisco IOS with year, zone and origin', '<189>30: r-1: Nov 29 2026 14:25:41.000 UTC: %SYS-5-CONFIG_I: Configured', {
  priority: 189,
  time,
  host: 'r-1',
  sequence: '30',
  app: 'SYS',
  msgid: 'SYS-5-CONFIG_I',
  text: '%SYS-5-CONFIG_I: Configured',
});
f('Cisco ASA without host', '<166>Nov 29 2026 14:25:41: %ASA-6-302014: Teardown TCP', {
  priority: 166,
  time,
  app: 'ASA',
  msgid: 'ASA-6-302014',
  text: '%ASA-6-302014: Teardown TCP',
});
f('Cisco without any time', '<189>45: %LINEPROTO-5-UPDOWN: Line protocol', {
  priority: 189,
  sequence: '45',
  app: 'LINEPROTO',
  msgid: 'LINEPROTO-5-UPDOWN',
  text: '%LINEPROTO-5-UPDOWN: Line protocol',
});
f(
  'Huawei, its year, a mnemonic of its own',
  '<189>Nov 29 2026 14:25:41 AR1 %%01IFNET/4/LINK_STATE(l)[12]:The line protocol went up',
  {
    priority: 189,
    time,
    host: 'AR1',
    text: '%%01IFNET/4/LINK_STATE(l)[12]:The line protocol went up',
  },
);
f('Aruba: a blank before the time, the year behind', '<188> Nov 29 14:25:41 2026 ap-1 authmgr[3810]: user gone', {
  priority: 188,
  time,
  host: 'ap-1',
  app: 'authmgr',
  procid: '3810',
  text: 'user gone',
});
f('HP ProCurve: an address for a host', '<14>Nov 29 14:25:41 10.1.1.7 00076 ports: port 1 is now on-line', {
  priority: 14,
  time,
  host: '10.1.1.7',
  text: '00076 ports: port 1 is now on-line',
});
f('an IPv6 address for a host', '<14>Nov 29 14:25:41 2001:db8::7 kernel: up', {
  priority: 14,
  time,
  host: '2001:db8::7',
  app: 'kernel',
  text: 'up',
});
f('Palo Alto', '<14>Nov 29 14:25:41 PA-220 1,2026/11/29 14:25:41,0118,TRAFFIC,end', {
  priority: 14,
  time,
  host: 'PA-220',
  text: '1,2026/11/29 14:25:41,0118,TRAFFIC,end',
});
f('FortiGate: no header at all', '<189>date=2026-11-29 time=14:25:41 devname="FG1" type="traffic"', {
  priority: 189,
  text: 'date=2026-11-29 time=14:25:41 devname="FG1" type="traffic"',
});
f('MikroTik', '<30>system,info,account user admin logged in from 10.0.0.2', {
  priority: 30,
  text: 'system,info,account user admin logged in from 10.0.0.2',
});
f('Meraki: a version and seconds', '<134>1 1795962341.774247 MX84 events type=vpn_connectivity_change', {
  priority: 134,
  time: '2026-11-29T14:25:41.774Z',
  host: 'MX84',
  text: 'events type=vpn_connectivity_change',
});
f('VMware ESXi', '<166>2026-11-29T14:25:41.118Z esx-1.example Hostd: info hostd[2099] [Originator@6876 sub=Vimsvc] x', {
  priority: 166,
  time: '2026-11-29T14:25:41.118Z',
  host: 'esx-1.example',
  app: 'Hostd',
  text: 'info hostd[2099] [Originator@6876 sub=Vimsvc] x',
});
f('Juniper of old', '<28>Nov 29 14:25:41 mx480 mib2d[1234]: SNMP_TRAP_LINK_DOWN: ifIndex 5', {
  priority: 28,
  time,
  host: 'mx480',
  app: 'mib2d',
  procid: '1234',
  text: 'SNMP_TRAP_LINK_DOWN: ifIndex 5',
});
f('F5', '<131>Nov 29 14:25:41 bigip1 err tmm1[7181]: 01220001:3: TCL error', {
  priority: 131,
  time,
  host: 'bigip1',
  text: 'err tmm1[7181]: 01220001:3: TCL error',
});
f('repeats of syslogd', '<30>Nov 29 14:25:41 last message repeated 3 times', {
  priority: 30,
  time,
  text: 'last message repeated 3 times',
});
f('a number and a colon are no program', '<14>12345: hello', { priority: 14, text: '12345: hello' });
f('a program and no time', '<14>myapp[12]: hello', { priority: 14, app: 'myapp', procid: '12', text: 'hello' });
f('no priority, a header', 'Nov 29 14:25:41 h cron[1]: run', {
  time,
  host: 'h',
  app: 'cron',
  procid: '1',
  flaw: 'no_priority',
  text: 'run',
});
f('no priority, nothing known', 'error: disk is full', { flaw: 'no_priority', text: 'error: disk is full' });
f('a priority that is too large', '<192>Nov 29', { flaw: 'no_priority', text: '<192>Nov 29' });
f('a priority alone', '<13>', { priority: 13, text: '' });
f('a text that begins with an address', '<13>Nov 29 14:25:41 h http://a.example: x', {
  priority: 13,
  time,
  host: 'h',
  text: 'http://a.example: x',
});
f('a NUL and a line end behind', '<13>Nov 29 14:25:41 h a: x\0\n', {
  priority: 13,
  time,
  host: 'h',
  app: 'a',
  text: 'x',
});

test('the year is the one that is nearest to now', () => {
  const at = (now: string, line: string) => said(line, 'UTC', Date.parse(now)).time;
  expect(at('2027-01-01T00:10:00Z', '<13>Dec 31 23:59:59 h a: x')).toBe('2026-12-31T23:59:59.000Z');
  expect(at('2026-12-31T23:59:00Z', '<13>Jan  1 00:00:01 h a: x')).toBe('2027-01-01T00:00:01.000Z');
  expect(at('2026-07-01T00:00:00Z', '<13>Jan  1 00:00:00 h a: x')).toBe('2026-01-01T00:00:00.000Z');
  expect(at('2028-03-01T00:00:00Z', '<13>Feb 29 12:00:00 h a: x')).toBe('2028-02-29T12:00:00.000Z');
});

test('a day that its month does not have is no time', () => {
  const text = '2026 Feb 30 12:00:00 h a: x';
  expect(said(`<13>${text}`)).toEqual({ priority: 13, text });
  expect(said('<13>Feb 29 12:00:00 h a: x').time).toBeUndefined();
  expect(said('<13>Dec 31 23:59:60 h a: x').time).toBe('2027-01-01T00:00:00.000Z');
});
