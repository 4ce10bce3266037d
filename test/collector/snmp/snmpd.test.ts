import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Credentials, Device } from '../../../collector/node/snmp/device.ts';
import { Poller } from '../../../collector/node/snmp/poll.ts';
import { quietHost } from '../../support/collector.ts';
import { freePort } from '../../support/free-port.ts';
import { SNMPD_USERS, Snmpd } from '../../support/snmpd.ts';
import { deviceAt, LOOPBACK, sampleText, seriesValue } from './setup.ts';

let agent: Snmpd;

beforeAll(async () => {
  agent = await Snmpd.start(await freePort());
});
afterAll(() => agent?.close());

const v3 = (user: Partial<Extract<Credentials, { version: '3' }>> = {}): Credentials => ({
  version: '3',
  context: '',
  ...SNMPD_USERS.privacy,
  ...user,
});

const poll = (credentials: Credentials, changes: Partial<Device> = {}) =>
  new Poller(
    quietHost(),
    deviceAt(agent.port, {
      name: 'debian-1',
      credentials,
      timeoutMs: 3000,
      modules: ['system', 'if_mib', 'hrStorage'],
      ...changes,
    }),
  ).poll(LOOPBACK);

it("reads Debian's agent by version 2c as snmpwalk does", async () => {
  const { samples, failure, life } = await poll({ version: '2c', community: 'public' });
  expect(failure).toBeNull();
  expect(seriesValue(samples, 'up')).toBe(1);
  const lines = samples.map(sampleText);
  expect(lines).toContain('sysName{sysName="debian-1"} 1');
  expect(lines).toContain('sysLocation{sysLocation="row 4, "rack 12""} 1');
  expect(
    lines.some((line) => line.startsWith('ifType_info{ifDescr="lo"') && line.includes('ifType="softwareLoopback"')),
  ).toBe(true);
  const names = samples
    .filter(({ name }) => name === 'ifHCInOctets')
    .map(({ labels }) => labels[labels.indexOf('ifName') + 1]);
  expect(names).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())));
  expect(seriesValue(samples, 'hrStorageSize', 'hrStorageDescr', 'Physical memory')).toBeGreaterThan(0);
  expect(life?.boots).toBeGreaterThan(0);

  const walked = spawnSync(
    'snmpbulkwalk',
    ['-v2c', '-c', 'public', '-On', '-Oq', '-Ot', `127.0.0.1:${agent.port}`, '1.3.6.1.2.1.2.2.1.4'],
    {
      encoding: 'utf8',
    },
  );
  const mtus = walked.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  for (const [oid, mtu] of mtus) {
    expect(seriesValue(samples, 'ifMtu', 'ifIndex', oid!.split('.').at(-1)!)).toBe(Number(mtu));
  }
});

it('reads it by version 3, with privacy and without', async () => {
  for (const user of Object.values(SNMPD_USERS)) {
    const { samples, failure } = await poll(v3(user));
    expect(failure, user.user).toBeNull();
    expect(samples.filter(({ name }) => name === 'ifHCInOctets').length, user.user).toBeGreaterThan(0);
  }
});

it('says which part of the credentials is wrong, and none of them', async () => {
  const { privacy } = SNMPD_USERS;
  const cases: [Credentials, string, string][] = [
    [v3({ user: 'nobody' }), 'HG_SNMP_AUTH', 'does not know the user'],
    [v3({ auth: { protocol: 'sha', password: 'mistaken-4711' } }), 'HG_SNMP_AUTH', 'authentication is wrong'],
    [v3({ auth: { protocol: 'md5', password: privacy.auth.password } }), 'HG_SNMP_AUTH', 'authentication is wrong'],
    // What it cannot decrypt it does not answer.
    [v3({ privacy: { protocol: 'aes', password: 'mistaken-4711' } }), 'HG_SNMP_TIMEOUT', 'protocol of privacy'],
    [v3({ privacy: null }), 'HG_SNMP_STATUS', 'uthorization'],
    [v3({ ...SNMPD_USERS.auth, privacy: privacy.privacy }), 'HG_SNMP_AUTH', 'that level'],
    [{ version: '2c', community: 'xyzzy-17' }, 'HG_SNMP_TIMEOUT', 'wrong community'],
  ];
  for (const [credentials, code, words] of cases) {
    const { failure, samples } = await poll(credentials, { timeoutMs: 400, retries: 0 });
    const name = JSON.stringify(credentials);
    expect(failure?.code, `${name}: ${failure?.message}`).toContain(code);
    expect(failure?.message, name).toContain(words);
    for (const secret of ['mistaken-4711', 'xyzzy-17', privacy.auth.password, privacy.privacy.password]) {
      expect(inspect(failure, { depth: 9 })).not.toContain(secret);
    }
    expect(seriesValue(samples, 'up'), name).toBe(0);
  }
});
