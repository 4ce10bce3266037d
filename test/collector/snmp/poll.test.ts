import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { formatLabels } from '../../../collector/core/exposition.ts';
import { Poller } from '../../../collector/node/snmp/poll.ts';
import { quietHost } from '../../support/collector.ts';
import { type DeviceOptions, SnmpDevice } from '../../support/snmp-device.ts';
import { readWalk, switchWalk } from '../../support/snmp-walk.ts';
import { deviceAt, LOOPBACK, sampleText, seriesValue } from './setup.ts';

const devices: SnmpDevice[] = [];

async function startDevice(options: DeviceOptions): Promise<SnmpDevice> {
  const device = await SnmpDevice.start(options);
  devices.push(device);
  return device;
}

afterEach(async () => {
  for (const device of devices.splice(0)) await device.close();
});

it('reads a switch of 52 ports under the names and labels of snmp_exporter', async () => {
  const device = await startDevice({ walk: switchWalk(52) });
  const { samples, failure } = await new Poller(quietHost(), deviceAt(device.port)).poll(LOOPBACK);
  expect(failure).toBeNull();
  expect(samples.filter(({ name }) => name === 'ifHCInOctets')).toHaveLength(53);
  expect(seriesValue(samples, 'ifOperStatus', 'ifName', 'Ethernet7')).toBe(2);
});

it('says of a switch what snmp_exporter says of it, to the last label and digit', async () => {
  const device = await startDevice({ walk: switchWalk(4) });
  const { samples } = await new Poller(quietHost(), deviceAt(device.port)).poll(LOOPBACK);
  const own = /^(up|snmp_scrape_)/;
  const lines = samples
    .filter(({ name }) => !own.test(name))
    .map(({ name, labels, value }) => {
      const pairs: [string, string][] = [];
      for (let i = 0; i + 1 < labels.length; i += 2) pairs.push([labels[i]!, labels[i + 1]!]);
      return `${name}${formatLabels(pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat())} ${value}`;
    });
  const recorded = readFileSync('test/collector/snmp/walks/switch-4.prom', 'utf8').trim().split('\n').slice(1);
  // Numbers above a million are written with an exponent there.
  const plain = recorded.map((line) => line.replace(/ (\S+)$/, (_, value) => ` ${Number(value)}`));
  expect(lines.sort()).toEqual(plain.sort());
  expect(
    samples
      .filter(({ name }) => name.startsWith('snmp_scrape_'))
      .map(({ name }) => name)
      .sort(),
  ).toEqual([
    'snmp_scrape_duration_seconds',
    'snmp_scrape_packets_retried',
    'snmp_scrape_packets_sent',
    'snmp_scrape_pdus_returned',
    'snmp_scrape_walk_duration_seconds',
  ]);
});

it('reads the sensors of a UPS in plain units, and as the device says them', async () => {
  const device = await startDevice({ walk: readWalk('test/collector/snmp/walks/ups.snmprec') });
  const poller = new Poller(quietHost(), deviceAt(device.port, { modules: ['entity_sensor'] }));
  const { samples, failure } = await poller.poll(LOOPBACK);
  expect(failure).toBeNull();
  expect(samples.map(sampleText).filter((line) => line.startsWith('entPhySensor'))).toMatchInlineSnapshot(`
    [
      "entPhySensorPrecision{entPhySensorScale="8",entPhySensorType="3",entPhysicalIndex="1",entPhysicalName="Input voltage"} 0",
      "entPhySensorPrecision{entPhySensorScale="9",entPhySensorType="5",entPhysicalIndex="2",entPhysicalName="Output current"} 2",
      "entPhySensorPrecision{entPhySensorScale="9",entPhySensorType="8",entPhysicalIndex="3",entPhysicalName="Battery temperature"} 1",
      "entPhySensorPrecision{entPhySensorScale="10",entPhySensorType="6",entPhysicalIndex="4",entPhysicalName="Output power"} 3",
      "entPhySensorPrecision{entPhySensorScale="9",entPhySensorType="9",entPhysicalIndex="5",entPhysicalName="Humidity probe"} 0",
      "entPhySensorPrecision{entPhySensorScale="9",entPhySensorType="10",entPhysicalIndex="6",entPhysicalName="Fan 1"} 0",
      "entPhySensorPrecision{entPhySensorScale="9",entPhySensorType="7",entPhysicalIndex="7",entPhysicalName="Output frequency"} -1",
      "entPhySensorValue{entPhySensorScale="8",entPhySensorType="3",entPhysicalIndex="1",entPhysicalName="Input voltage"} 230417",
      "entPhySensorValue{entPhySensorScale="9",entPhySensorType="5",entPhysicalIndex="2",entPhysicalName="Output current"} 1234",
      "entPhySensorValue{entPhySensorScale="9",entPhySensorType="8",entPhysicalIndex="3",entPhysicalName="Battery temperature"} -35",
      "entPhySensorValue{entPhySensorScale="10",entPhySensorType="6",entPhysicalIndex="4",entPhysicalName="Output power"} 2761",
      "entPhySensorValue{entPhySensorScale="9",entPhySensorType="9",entPhysicalIndex="5",entPhysicalName="Humidity probe"} -1000000000",
      "entPhySensorValue{entPhySensorScale="9",entPhySensorType="10",entPhysicalIndex="6",entPhysicalName="Fan 1"} 4200",
      "entPhySensorValue{entPhySensorScale="9",entPhySensorType="7",entPhysicalIndex="7",entPhysicalName="Output frequency"} 5",
      "entPhySensorOperStatus{entPhySensorScale="8",entPhySensorType="3",entPhysicalIndex="1",entPhysicalName="Input voltage"} 1",
      "entPhySensorOperStatus{entPhySensorScale="9",entPhySensorType="5",entPhysicalIndex="2",entPhysicalName="Output current"} 1",
      "entPhySensorOperStatus{entPhySensorScale="9",entPhySensorType="8",entPhysicalIndex="3",entPhysicalName="Battery temperature"} 1",
      "entPhySensorOperStatus{entPhySensorScale="10",entPhySensorType="6",entPhysicalIndex="4",entPhysicalName="Output power"} 1",
      "entPhySensorOperStatus{entPhySensorScale="9",entPhySensorType="9",entPhysicalIndex="5",entPhysicalName="Humidity probe"} 1",
      "entPhySensorOperStatus{entPhySensorScale="9",entPhySensorType="10",entPhysicalIndex="6",entPhysicalName="Fan 1"} 3",
      "entPhySensorOperStatus{entPhySensorScale="9",entPhySensorType="7",entPhysicalIndex="7",entPhysicalName="Output frequency"} 1",
      "entPhySensorUnitsDisplay{entPhySensorScale="8",entPhySensorType="3",entPhySensorUnitsDisplay="V AC",entPhysicalIndex="1",entPhysicalName="Input voltage"} 1",
      "entPhySensorUnitsDisplay{entPhySensorScale="9",entPhySensorType="8",entPhySensorUnitsDisplay="degrees C",entPhysicalIndex="3",entPhysicalName="Battery temperature"} 1",
      "entPhySensorScaledValue{entPhySensorType="voltsAC",entPhysicalIndex="1",entPhysicalName="Input voltage"} 230.417",
      "entPhySensorScaledValue{entPhySensorType="amperes",entPhysicalIndex="2",entPhysicalName="Output current"} 12.34",
      "entPhySensorScaledValue{entPhySensorType="celsius",entPhysicalIndex="3",entPhysicalName="Battery temperature"} -3.5",
      "entPhySensorScaledValue{entPhySensorType="watts",entPhysicalIndex="4",entPhysicalName="Output power"} 2761",
      "entPhySensorScaledValue{entPhySensorType="hertz",entPhysicalIndex="7",entPhysicalName="Output frequency"} 50",
    ]
  `);
});
