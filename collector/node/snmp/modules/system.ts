import { type Metric, type Module, table } from './module.ts';

const SYSTEM = '1.3.6.1.2.1.1';
const OR_ENTRY = `${SYSTEM}.9.1`;

/** Every device is asked for it, whatever its modules are. */
export const SYS_UP_TIME: Metric = {
  name: 'sysUpTime',
  oid: `${SYSTEM}.3`,
  kind: 'gauge',
  help: 'Since the agent started, hundredths of a second',
};

/** The group `system` of SNMPv2-MIB (RFC 3418). */
export const system: Module = {
  name: 'system',
  walk: [SYSTEM],
  metrics: [
    { name: 'sysDescr', oid: `${SYSTEM}.1`, kind: 'DisplayString', help: 'What the device says that it is' },
    { name: 'sysObjectID', oid: `${SYSTEM}.2`, kind: 'OctetString', help: "The vendor's name for what it is, an OID" },
    SYS_UP_TIME,
    { name: 'sysContact', oid: `${SYSTEM}.4`, kind: 'DisplayString', help: 'Who looks after it' },
    { name: 'sysName', oid: `${SYSTEM}.5`, kind: 'DisplayString', help: 'Its name' },
    { name: 'sysLocation', oid: `${SYSTEM}.6`, kind: 'DisplayString', help: 'Where it is' },
    { name: 'sysServices', oid: `${SYSTEM}.7`, kind: 'gauge', help: 'The layers that it serves, as bits' },
    { name: 'sysORLastChange', oid: `${SYSTEM}.8`, kind: 'gauge', help: 'sysUpTime when sysORID last changed' },
    ...table(
      OR_ENTRY,
      'sysORIndex',
      [{ label: 'sysORDescr', oid: `${OR_ENTRY}.3`, kind: 'DisplayString' }],
      [
        [2, 'sysORID', 'OctetString', 'The OID of a MIB that the agent has'],
        [3, 'sysORDescr', 'DisplayString', 'A MIB that the agent has'],
        [4, 'sysORUpTime', 'gauge', 'sysUpTime when it got it'],
      ],
    ),
  ],
};
