import { createSocket } from 'node:dgram';
import { afterEach, expect, it } from 'vitest';
import { berFault } from '../../../collector/node/snmp/ber-check.ts';
import type { Device } from '../../../collector/node/snmp/device.ts';
import { type Poll, Poller } from '../../../collector/node/snmp/poll.ts';
import { quietHost } from '../../support/collector.ts';
import { encodeAnswer, type Request, SnmpDevice, varbind } from '../../support/snmp-device.ts';
import { integerBytes, switchWalk, type Walk } from '../../support/snmp-walk.ts';
import { deviceAt, LOOPBACK, seriesValue } from './setup.ts';

const devices: SnmpDevice[] = [];
const BULK = 0xa5;
/** Where answers do not come, or not at first. */
const SHORT = { timeoutMs: 100, retries: 5 };

afterEach(async () => {
  for (const device of devices.splice(0)) await device.close();
});

async function poll(
  answer: ((answer: Uint8Array, request: Request, device: SnmpDevice) => Uint8Array | null) | undefined,
  changes: Partial<Device> = {},
  walk: Walk = switchWalk(4),
): Promise<Poll & { device: SnmpDevice }> {
  const device = await SnmpDevice.start({ walk, ...(answer ? { answer } : {}) });
  devices.push(device);
  const poller = new Poller(quietHost(), deviceAt(device.port, { timeoutMs: 10_000, retries: 1, ...changes }));
  return { ...(await poller.poll(LOOPBACK)), device };
}

const good = encodeAnswer({ id: 7n, community: 'public' }, [varbind('1.3.6.1.2.1.1.3.0', 67, integerBytes(5n))]);

it('finds every cut of an answer, and every length that says too much', () => {
  expect(berFault(good)).toBeNull();
  for (let cut = 0; cut < good.length; cut++) expect(berFault(good.subarray(0, cut)), `cut at ${cut}`).not.toBeNull();
  // Places of lengths: message, community, PDU, list, variable, OID, value.
  const places = [1, 6, 14, 25, 27, 29, good.length - 2];
  expect(places.map((place) => good[place - 1])).toEqual([0x30, 4, 0xa2, 0x30, 0x30, 6, 67]);
  for (const place of places) {
    const longer = Uint8Array.from(good);
    longer[place]!++;
    expect(berFault(longer), `length at ${place}`).not.toBeNull();
  }
});

it('takes no bytes for SNMP that are none', () => {
  const hostile = [
    [0x30, 0x80, 0, 0],
    [0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x30, 4, 2, 0, 5, 0],
    [0x30, 3, 6, 1, 0x80],
    [0x30, 3, 0x1f, 1, 0],
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0x30 : 38 - i)),
    [...Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    [],
  ];
  for (const bytes of hostile) expect(berFault(Uint8Array.from(bytes)), bytes.join(' ')).not.toBeNull();
});

it('waits on where a torn answer came, and takes the good one that follows', async () => {
  const { samples, failure } = await poll((answer, _, device) => {
    // Cut in the middle of a value, on the first of each two.
    return device.requests % 2 === 1 ? answer.subarray(0, answer.length - 3) : answer;
  }, SHORT);
  expect(failure).toBeNull();
  expect(seriesValue(samples, 'ifHCInOctets', 'ifIndex', '2')).toBe(2_000_000_014 + 2 ** 40);
  expect(seriesValue(samples, 'snmp_scrape_packets_retried')).toBeGreaterThan(0);
});

it('says that answers are torn where all are', async () => {
  const { samples, failure } = await poll((answer) => answer.subarray(0, 20), { timeoutMs: 60 });
  expect(failure).toMatchObject({
    code: 'HG_SNMP_ANSWER',
    message: expect.stringContaining('2 of its answers are torn'),
  });
  expect(seriesValue(samples, 'up')).toBe(0);
});

it('takes no answer to another question', async () => {
  const { failure } = await poll(
    (_, request) =>
      encodeAnswer(
        { ...request, id: request.id + 1n },
        request.oids.map((oid) => varbind(oid, 2, integerBytes(1n))),
      ),
    { timeoutMs: 60 },
  );
  expect(failure?.code).toBe('HG_SNMP_TIMEOUT');
});

it('takes no other objects than it asked for', async () => {
  const { failure } = await poll((_, request) =>
    encodeAnswer(
      request,
      request.oids.map((_, i) => varbind(`1.3.6.1.4.1.9.${i}.0`, 2, integerBytes(1n))),
    ),
  );
  expect(failure).toMatchObject({ code: 'HG_SNMP_ANSWER', message: expect.stringContaining('other objects') });
});

it('takes no more values than it asked for', async () => {
  const { failure, samples } = await poll((answer, request) => {
    if (request.kind !== BULK || !request.oids[0]!.startsWith('1.3.6.1.2.1.2')) return answer;
    const many = Array.from({ length: 40 }, (_, i) => varbind(`1.3.6.1.2.1.2.2.1.10.${i + 1}`, 65, integerBytes(9n)));
    return encodeAnswer(request, many);
  });
  expect(failure).toMatchObject({ code: 'HG_SNMP_ANSWER', message: expect.stringContaining('40 values where 25') });
  // What was whole before is kept.
  expect(samples.some(({ name }) => name === 'sysName')).toBe(true);
  expect(samples.some(({ name }) => name === 'ifInOctets')).toBe(false);
});

it('ends a walk that goes round', async () => {
  const { failure } = await poll((answer, request) =>
    request.kind === BULK ? encodeAnswer(request, [varbind('1.3.6.1.2.1.1.1.0', 4, Buffer.from('again'))]) : answer,
  );
  expect(failure?.code).toBe('HG_SNMP_LOOP');
});

it('ends a walk that never ends, by its budget of values', async () => {
  let index = 0;
  const endless = (answer: Uint8Array, request: Request): Uint8Array => {
    if (request.kind !== BULK) return answer;
    const more = Array.from({ length: 20 }, () => varbind(`1.3.6.1.2.1.1.9.1.4.${++index}`, 67, integerBytes(1n)));
    return encodeAnswer(request, more);
  };
  const byRows = await poll(endless, { budget: { ms: 10_000, packets: 5000, rows: 200 } });
  expect(byRows.failure).toMatchObject({ code: 'HG_SNMP_BUDGET', message: expect.stringContaining('budget.rows') });
  const byPackets = await poll(endless, { budget: { ms: 10_000, packets: 10, rows: 50_000 } });
  expect(byPackets.failure).toMatchObject({
    code: 'HG_SNMP_BUDGET',
    message: expect.stringContaining('budget.packets'),
  });
  expect(byPackets.device.requests).toBe(10);
});

it('stops to listen to a device that floods', async () => {
  const { failure } = await poll((answer, _, device) => {
    for (let i = 0; i < 200; i++)
      device.send(answer, { address: '127.0.0.1', port: device.lastPort, family: 'IPv4', size: 0 });
    return answer;
  });
  expect(failure).toMatchObject({ code: 'HG_SNMP_ANSWER', message: expect.stringContaining('was not asked for') });
});

it('says at once that nobody listens, and in time that nobody answers', async () => {
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(() => resolve()));
  const began = performance.now();
  const refused = await new Poller(quietHost(), deviceAt(port, { timeoutMs: 30_000 })).poll(LOOPBACK);
  expect(refused.failure?.code).toBe('HG_SNMP_UNREACHABLE');
  expect(performance.now() - began).toBeLessThan(10_000);

  const silent = await poll(() => null, SHORT);
  expect(silent.failure).toMatchObject({
    code: 'HG_SNMP_TIMEOUT',
    message: expect.stringContaining('wrong community'),
  });
  const wrong = await poll(undefined, { ...SHORT, credentials: { version: '2c', community: 'not-public-at-all' } });
  expect(wrong.failure?.code).toBe('HG_SNMP_TIMEOUT');
  expect(wrong.failure?.message).not.toContain('not-public-at-all');
});

it('keeps to its budget of time with a device that stops in the middle', async () => {
  const began = performance.now();
  const { failure, samples } = await poll((answer, _, device) => (device.requests > 4 ? null : answer), {
    timeoutMs: 60_000,
    budget: { ms: 300, packets: 5000, rows: 50_000 },
  });
  expect(failure).toMatchObject({ code: 'HG_SNMP_BUDGET', message: expect.stringContaining('300 ms') });
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(seriesValue(samples, 'up')).toBe(0);
});

it('asks for less at once where an answer would be too big', async () => {
  const { failure, samples } = await poll((answer, request) =>
    request.kind === BULK && request.repetitions > 6 ? encodeAnswer(request, [], 1) : answer,
  );
  expect(failure).toBeNull();
  expect(samples.filter(({ name }) => name === 'ifHCInOctets')).toHaveLength(5);
});

it('gives no sample of a value of the wrong kind, and counts it', async () => {
  const walk = switchWalk(2);
  walk.set('1.3.6.1.2.1.31.1.1.1.6.1', { tag: 4, bytes: Buffer.from('many') });
  walk.set('1.3.6.1.2.1.31.1.1.1.6.2', { tag: 70, bytes: Buffer.alloc(9, 0xff) });
  const device = await SnmpDevice.start({ walk });
  devices.push(device);
  const poller = new Poller(quietHost(), deviceAt(device.port));
  const { samples, failure } = await poller.poll(LOOPBACK);
  expect(failure).toBeNull();
  expect(samples.filter(({ name }) => name === 'ifHCInOctets')).toHaveLength(1);
  expect(poller.unexpected).toBe(2);
});
