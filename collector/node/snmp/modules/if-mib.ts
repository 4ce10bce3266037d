import { IF_TYPES } from './if-types.ts';
import { type Lookup, type Metric, type Module, table } from './module.ts';

const INTERFACES = '1.3.6.1.2.1.2';
const IF_ENTRY = `${INTERFACES}.2.1`;
const IF_X_ENTRY = '1.3.6.1.2.1.31.1.1.1';

const LOOKUPS: readonly Lookup[] = [
  { label: 'ifAlias', oid: `${IF_X_ENTRY}.18`, kind: 'DisplayString' },
  { label: 'ifDescr', oid: `${IF_ENTRY}.2`, kind: 'DisplayString' },
  { label: 'ifName', oid: `${IF_X_ENTRY}.1`, kind: 'DisplayString' },
];

/** sysUpTime when counters of an interface last were not continuous. */
export const IF_DISCONTINUITY = `${IF_X_ENTRY}.19`;

const NUMBER: Metric = {
  name: 'ifNumber',
  oid: `${INTERFACES}.1`,
  kind: 'gauge',
  help: 'Network interfaces present, in whatever state',
};

/** IF-MIB (RFC 2863), as snmp_exporter's module of the name has it. */
export const ifMib: Module = {
  name: 'if_mib',
  walk: [INTERFACES, IF_X_ENTRY],
  metrics: [
    NUMBER,
    ...table(IF_ENTRY, 'ifIndex', LOOKUPS, [
      [1, 'ifIndex', 'gauge', 'The number of the interface'],
      [3, 'ifType', 'EnumAsInfo', 'The kind of interface'],
      [4, 'ifMtu', 'gauge', 'The largest packet, octets'],
      [5, 'ifSpeed', 'gauge', 'Bandwidth, bits per second; 4294967295 where ifHighSpeed says it'],
      [6, 'ifPhysAddress', 'PhysAddress48', 'The address of the interface'],
      [7, 'ifAdminStatus', 'gauge', 'The state that is wanted: 1 up, 2 down, 3 testing'],
      [
        8,
        'ifOperStatus',
        'gauge',
        'The state: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown',
      ],
      [9, 'ifLastChange', 'gauge', 'sysUpTime when it came to be in its state'],
      [10, 'ifInOctets', 'counter', 'Octets received'],
      [11, 'ifInUcastPkts', 'counter', 'Unicast packets delivered'],
      [12, 'ifInNUcastPkts', 'counter', 'Other packets delivered'],
      [13, 'ifInDiscards', 'counter', 'Good packets that were discarded on their way in'],
      [14, 'ifInErrors', 'counter', 'Packets received with errors'],
      [15, 'ifInUnknownProtos', 'counter', 'Packets received of an unknown protocol'],
      [16, 'ifOutOctets', 'counter', 'Octets sent'],
      [17, 'ifOutUcastPkts', 'counter', 'Unicast packets to be sent'],
      [18, 'ifOutNUcastPkts', 'counter', 'Other packets to be sent'],
      [19, 'ifOutDiscards', 'counter', 'Good packets that were discarded on their way out'],
      [20, 'ifOutErrors', 'counter', 'Packets that could not be sent because of errors'],
      [21, 'ifOutQLen', 'gauge', 'Packets in the queue to be sent'],
      [22, 'ifSpecific', 'OctetString', 'The MIB of its medium, an OID'],
    ]),
    ...table(IF_X_ENTRY, 'ifIndex', LOOKUPS, [
      [2, 'ifInMulticastPkts', 'counter', 'Multicast packets delivered'],
      [3, 'ifInBroadcastPkts', 'counter', 'Broadcast packets delivered'],
      [4, 'ifOutMulticastPkts', 'counter', 'Multicast packets to be sent'],
      [5, 'ifOutBroadcastPkts', 'counter', 'Broadcast packets to be sent'],
      [6, 'ifHCInOctets', 'counter', 'Octets received, 64 bits'],
      [7, 'ifHCInUcastPkts', 'counter', 'Unicast packets delivered, 64 bits'],
      [8, 'ifHCInMulticastPkts', 'counter', 'Multicast packets delivered, 64 bits'],
      [9, 'ifHCInBroadcastPkts', 'counter', 'Broadcast packets delivered, 64 bits'],
      [10, 'ifHCOutOctets', 'counter', 'Octets sent, 64 bits'],
      [11, 'ifHCOutUcastPkts', 'counter', 'Unicast packets to be sent, 64 bits'],
      [12, 'ifHCOutMulticastPkts', 'counter', 'Multicast packets to be sent, 64 bits'],
      [13, 'ifHCOutBroadcastPkts', 'counter', 'Broadcast packets to be sent, 64 bits'],
      [14, 'ifLinkUpDownTrapEnable', 'gauge', 'Traps of link up and down: 1 enabled, 2 disabled'],
      [15, 'ifHighSpeed', 'gauge', 'Bandwidth, millions of bits per second'],
      [16, 'ifPromiscuousMode', 'gauge', 'Takes all packets: 1 true, 2 false'],
      [17, 'ifConnectorPresent', 'gauge', 'Has a physical connector: 1 true, 2 false'],
      [19, 'ifCounterDiscontinuityTime', 'gauge', 'sysUpTime when a counter last was not continuous'],
    ]),
  ].map((metric) => (metric.name === 'ifType' ? { ...metric, names: IF_TYPES } : metric)),
};
