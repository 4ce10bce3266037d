import { createSocket } from 'node:dgram';
import { afterEach, expect, it } from 'vitest';
import type { Credentials } from '../../../collector/node/snmp/device.ts';
import { snmpFailure } from '../../../collector/node/snmp/failure.ts';
import { Poller } from '../../../collector/node/snmp/poll.ts';
import { Traps } from '../../../collector/node/snmp/traps/receiver.ts';
import { quietHost } from '../../support/collector.ts';
import { integer, SnmpDevice, tlv, varbind } from '../../support/snmp-device.ts';
import { integerBytes, oidBytes, switchWalk } from '../../support/snmp-walk.ts';
import { SNMPD_USERS } from '../../support/snmpd.ts';
import { until } from '../../support/until.ts';
import { seeded } from '../random.ts';
import { deviceAt, LOOPBACK } from './setup.ts';

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

function randomFrom(seed: number): () => number {
  const below = seeded(seed);
  return () => below(1_000_000) / 1_000_000;
}

/** A few bytes changed, a piece cut off, put in or said twice. */
function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  const kind = Math.floor(random() * 5);
  const changed = Buffer.from(bytes);
  if (kind === 0) return changed.subarray(0, at);
  if (kind === 1)
    return Buffer.concat([changed.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), changed.subarray(at)]);
  if (kind === 2) return Buffer.concat([changed, changed.subarray(at)]);
  for (let i = 0; i < kind - 2 + Math.floor(random() * 4); i++)
    changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
  return changed;
}

it('whatever a device answers, each poll ends, and its samples are numbers', async () => {
  const random = randomFrom(20_261_129);
  const device = await SnmpDevice.start({
    walk: switchWalk(2),
    answer: (answer) => (random() < 0.3 ? mutated(answer, random) : answer),
  });
  closes.push(() => device.close());
  const users: Credentials[] = [{ version: '2c', community: 'public' }];
  let whole = 0;
  for (let i = 0; i < 120; i++) {
    const poller = new Poller(
      quietHost(),
      deviceAt(device.port, {
        credentials: users[0]!,
        timeoutMs: 15,
        retries: 3,
        budget: { ms: 2000, packets: 300, rows: 500 },
      }),
    );
    const { samples, failure } = await poller.poll(LOOPBACK);
    if (failure === null) whole++;
    else expect(failure.code).toMatch(/^HG_SNMP_/);
    for (const { name, value } of samples) expect(value, name).not.toBeNaN();
  }
  expect(whole).toBeGreaterThan(0);
});

it('a device that answers version 3 where 2c was asked ends nothing but its own poll', async () => {
  const device = await SnmpDevice.start({
    walk: switchWalk(1),
    answer: (_, { id }) => {
      const header = tlv(0x30, integer(id), integer(65_507), tlv(4, Uint8Array.from([1])), integer(3));
      const security = tlv(
        0x30,
        tlv(4, Buffer.from('engine')),
        integer(1),
        integer(1),
        tlv(4, Buffer.from('u')),
        tlv(4, new Uint8Array(12)),
        tlv(4),
      );
      const pdu = tlv(0xa2, integer(id), integer(0), integer(0), tlv(0x30));
      return tlv(0x30, integer(3), header, tlv(4, security), tlv(0x30, tlv(4), tlv(4), pdu));
    },
  });
  closes.push(() => device.close());
  const { failure } = await new Poller(
    quietHost(),
    deviceAt(device.port, { timeoutMs: 50, retries: 0, budget: { ms: 3000, packets: 9, rows: 9 } }),
  ).poll(LOOPBACK);
  expect(failure?.code).toMatch(/HG_SNMP_/);
});

it('whatever comes to the port of traps, good ones go on to be taken', async () => {
  const random = randomFrom(4711);
  let taken = 0;
  const { traps, port } = await Traps.start(
    {
      ...{ host: '127.0.0.1', port: 0, name: 'collector-1', perMinute: 100_000, perMinuteOfAll: 100_000 },
      credentials: [
        { version: '2c', community: 'public' },
        { version: '3', context: '', ...SNMPD_USERS.privacy },
      ],
    },
    {
      host: quietHost(),
      mask: (text) => text,
      mayName: () => true,
      deviceAt: () => null,
      put: (_, done) => {
        taken++;
        done(null);
      },
    },
  );
  closes.push(() => traps.close());
  const list = tlv(
    0x30,
    varbind('1.3.6.1.2.1.1.3.0', 67, integerBytes(5n)),
    varbind('1.3.6.1.6.3.1.1.4.1.0', 6, oidBytes('1.3.6.1.6.3.1.1.5.3')),
    varbind('1.3.6.1.4.1.9.1', 4, Buffer.from('text')),
  );
  const second = tlv(
    0x30,
    integer(1),
    tlv(4, Buffer.from('public')),
    tlv(0xa7, integer(1), integer(0), integer(0), list),
  );
  const first = tlv(
    0x30,
    integer(0),
    tlv(4, Buffer.from('public')),
    tlv(
      0xa4,
      tlv(6, oidBytes('1.3.6.1.4.1.9')),
      tlv(64, Uint8Array.from([10, 0, 0, 1])),
      integer(6),
      integer(4),
      tlv(67, integerBytes(9n)),
      tlv(0x30),
    ),
  );
  const security = tlv(
    0x30,
    tlv(4, Buffer.from('8000000001', 'hex')),
    integer(1),
    integer(1),
    tlv(4, Buffer.from('keeper')),
    tlv(4, new Uint8Array(12)),
    tlv(4, new Uint8Array(8)),
  );
  const third = tlv(
    0x30,
    integer(3),
    tlv(0x30, integer(7), integer(65_507), tlv(4, Uint8Array.from([7])), integer(3)),
    tlv(4, security),
    tlv(4, new Uint8Array(64)),
  );
  const socket = createSocket('udp4');
  const put = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));
  for (let i = 0; i < 3000; i++) {
    await put(mutated([first, second, third][i % 3]!, random));
    // Its turn, before the kernel's buffer is full.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const before = taken;
  await put(second);
  await until('the good one', () => taken > before);
  const refused = [...traps.refused.values()].reduce((sum, count) => sum + count, 0);
  expect(refused).toBeGreaterThan(1500);
  socket.close();
});

it("has a code for each of the package's ways to fail", () => {
  const device = deviceAt(161);
  const code = (name: string, message: string) => {
    const error = Object.assign(new Error(message), { name });
    return snmpFailure(device, error, { sent: 1, retried: 0, received: 0, malformed: 0 }).code;
  };
  expect(
    code('ResponseInvalidError', "Message with engineBoots '1' and engineTime '2' is outside the time window of ..."),
  ).toBe('HG_SNMP_CLOCK');
  expect(code('ResponseInvalidError', 'Not In Time Window')).toBe('HG_SNMP_CLOCK');
  expect(code('ResponseInvalidError', 'Unknown Engine ID')).toBe('HG_SNMP_ENGINE');
  expect(code('ResponseInvalidError', 'Unexpected Report PDU')).toBe('HG_SNMP_ENGINE');
  expect(code('ResponseInvalidError', 'Failed to decrypt PDU: Error')).toBe('HG_SNMP_AUTH');
  expect(code('ResponseInvalidError', 'Decryption Error')).toBe('HG_SNMP_AUTH');
  expect(code('ResponseInvalidError', "Community 'a' in request does not match community 'b' in response")).toBe(
    'HG_SNMP_ANSWER',
  );
  expect(code('TypeError', 'what nobody thought of')).toBe('HG_SNMP_ANSWER');
  expect(code('RequestFailedError', 'GeneralError')).toBe('HG_SNMP_STATUS');
});
