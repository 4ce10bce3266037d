import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogPage } from '../../../core/ports/log-store.ts';
import { SnmpDevice } from '../../support/snmp-device.ts';
import { switchWalk } from '../../support/snmp-walk.ts';
import { ThreeTiers } from '../../support/three-tiers.ts';
import { until } from '../../support/until.ts';

let tiers: ThreeTiers;
let device: SnmpDevice;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heliograph-snmp-'));
  device = await SnmpDevice.start({ walk: switchWalk(4), community: 'secret-community' });
});
afterEach(async () => {
  await tiers.close();
  await device.close();
  rmSync(folder, { recursive: true, force: true });
});

it('a device reaches the core as its own instance, ends when it leaves the table, and its traps are events', async () => {
  const table = join(folder, 'devices.yaml');
  const secret = join(folder, 'community');
  const entry = (name: string) =>
    `  - { name: ${name}, address: "127.0.0.1:${device.port}", interval: 200ms, modules: [if_mib], labels: { rack: r12 } }\n`;
  writeFileSync(secret, 'secret-community\n');
  writeFileSync(table, `devices:\n${entry('switch-1')}${entry('switch-2')}`);
  tiers = await ThreeTiers.open(
    {
      snmp: {
        credentials: { default: { communityFile: secret } },
        devicesFile: table,
        reload: '50ms',
        traps: { listen: '127.0.0.1:0', credentials: ['default'] },
      },
    },
    { speaksFor: ['switch-*'] },
  );
  const { snmp } = tiers.collector;
  const [octets] = await tiers.awaits('ifHCInOctets{instance="switch-1",ifName="Ethernet3"}');
  expect(octets).toEqual({
    labels: {
      __name__: 'ifHCInOctets',
      ...{ instance: 'switch-1', job: 'snmp', rack: 'r12', site: 'north' },
      ...{ ifDescr: 'Ethernet3', ifIndex: '3', ifName: 'Ethernet3' },
    },
    value: 3 * 1_000_000_007 + 2 ** 40,
  });
  await tiers.awaits('up{job="snmp"} == 1', 2);

  // A restart is counted, and told.
  device.set('1.3.6.1.6.3.10.2.1.2.0', 2, 8n);
  await tiers.awaits('heliograph_snmp_device_restarts_total == 1', 2);

  // A table that is wrong changes nothing.
  writeFileSync(table, `devices:\n${entry('switch-1').replace('interval: 200ms', 'interval: often')}`);
  await until('it is refused', () => snmp!.reloads.refused === 1);
  expect(snmp!.devices).toBe(2);

  // Nor one that names a secret that is not there, until it is.
  const late = join(folder, 'late');
  const third = `${entry('switch-1')}${entry('switch-2')}${entry('switch-3').replace('interval', 'credentials: late, interval')}`;
  writeFileSync(table, `credentials: { late: { communityFile: ${late} } }\ndevices:\n${third}`);
  await until('it is refused', () => snmp!.reloads.refused === 2);
  expect(snmp!.devices).toBe(2);
  writeFileSync(late, 'secret-community\n');
  await until('it is taken', () => snmp!.devices === 3);
  expect(snmp!.reloads).toEqual({ taken: 1, refused: 2 });

  // What left the table has ended, and the other was not disturbed.
  const before = snmp!.schedule('switch-1');
  writeFileSync(table, `devices:\n${entry('switch-1')}`);
  await until('it is taken', () => snmp!.reloads.taken === 2);
  await until('the series have ended', async () => (await tiers.query('up{instance="switch-2"}')).length === 0);
  expect(snmp!.schedule('switch-1')).toBe(before);
  expect(await tiers.query('up{instance="switch-1"}')).toHaveLength(1);

  // The secret changes at the device and in its file.
  writeFileSync(secret, 'another\n');
  await until('it is not let in', async () => (await tiers.query('up{instance="switch-1"} == 0')).length === 1);
  expect(await tiers.query('ifHCInOctets{instance="switch-1"}')).toEqual([]);
  writeFileSync(secret, 'secret-community\n');
  await tiers.awaits('up{instance="switch-1"} == 1');

  const inform = ['-v2c', '-c', 'secret-community', '-r', '0', '-t', '20', `127.0.0.1:${snmp!.trapPort}`, '1'];
  const linkDown = ['.1.3.6.1.6.3.1.1.5.3', '.1.3.6.1.2.1.2.2.1.1.3', 'i', '3'];
  const [status] = await once(
    spawn('snmpinform', ['-M', '', '-m', '', ...inform, ...linkDown], { stdio: 'ignore' }),
    'exit',
  );
  expect(status).toBe(0);
  const told = async (words: string) => (await tiers.tiers.core.get<LogPage>('/api/v1/logs', { q: words })).lines;
  await until('the restarts at the core', async () => (await told('snmp.restarted')).length === 2);
  const [line] = await until('the event at the core', async () => {
    const lines = await told('linkDown');
    return lines.length > 0 ? lines : null;
  });
  expect(line).toMatchObject({
    'service.name': 'heliograph',
    'log.level': 'warning',
    fields: { 'event.action': 'snmp.linkDown', ifIndex: '3', 'snmp.inform': 'true' },
  });
});
