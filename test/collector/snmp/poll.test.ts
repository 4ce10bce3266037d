import { afterEach, expect, it } from 'vitest';
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
  const lines = samples.map(sampleText);
  expect(lines.filter((line) => line.includes('ifIndex="1"'))).toMatchInlineSnapshot(`
    [
      "ifIndex{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1",
      "ifType_info{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1",ifType="ethernetCsmacd"} 1",
      "ifMtu{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 9214",
      "ifSpeed{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 4294967295",
      "ifPhysAddress{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1",ifPhysAddress="00:1C:73:00:00:01"} 1",
      "ifAdminStatus{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1",
      "ifOperStatus{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1",
      "ifLastChange{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 4712",
      "ifInOctets{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 100000000",
      "ifInUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 90909091",
      "ifInNUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 83333333",
      "ifInDiscards{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 76923077",
      "ifInErrors{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 71428571",
      "ifInUnknownProtos{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 66666667",
      "ifOutOctets{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 62500000",
      "ifOutUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 58823529",
      "ifOutNUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 55555555",
      "ifOutDiscards{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 52631579",
      "ifOutErrors{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 50000000",
      "ifOutQLen{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 0",
      "ifInMulticastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 500000003",
      "ifInBroadcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 333333335",
      "ifOutMulticastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 250000001",
      "ifOutBroadcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 200000001",
      "ifHCInOctets{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1100511627783",
      "ifHCInUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 157215946826",
      "ifHCInMulticastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 137563953472",
      "ifHCInBroadcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 122279069753",
      "ifHCOutOctets{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 110051162778",
      "ifHCOutUcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 100046511616",
      "ifHCOutMulticastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 91709302315",
      "ifHCOutBroadcastPkts{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 84654740598",
      "ifLinkUpDownTrapEnable{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1",
      "ifHighSpeed{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 10000",
      "ifPromiscuousMode{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 2",
      "ifConnectorPresent{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 1",
      "ifCounterDiscontinuityTime{ifAlias="uplink to "core-1"",ifDescr="Ethernet1",ifIndex="1",ifName="Ethernet1"} 0",
    ]
  `);
  expect(lines.filter((line) => !line.includes('ifIndex=') && !line.includes('duration'))).toMatchInlineSnapshot(`
    [
      "sysUpTime{} 123456789",
      "sysDescr{sysDescr="ExampleOS 4.28.1F, 52 ports"} 1",
      "sysContact{sysContact="noc@example.org"} 1",
      "sysName{sysName="switch-1"} 1",
      "sysLocation{sysLocation="row 4, rack 12"} 1",
      "sysServices{} 14",
      "ifNumber{} 53",
      "up{} 1",
      "snmp_scrape_packets_sent{} 90",
      "snmp_scrape_packets_retried{} 0",
      "snmp_scrape_pdus_returned{} 2181",
    ]
  `);
  expect(seriesValue(samples, 'ifOperStatus', 'ifName', 'Ethernet7')).toBe(2);
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
