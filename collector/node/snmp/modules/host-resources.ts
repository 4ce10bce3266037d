import { type Lookup, type Module, table } from './module.ts';

const STORAGE = '1.3.6.1.2.1.25.2';
const STORAGE_ENTRY = `${STORAGE}.3.1`;
const DEVICE_ENTRY = '1.3.6.1.2.1.25.3.2.1';
const PROCESSOR_ENTRY = '1.3.6.1.2.1.25.3.3.1';

const STORAGE_LOOKUPS: readonly Lookup[] = [
  { label: 'hrStorageDescr', oid: `${STORAGE_ENTRY}.3`, kind: 'DisplayString' },
  { label: 'hrStorageType', oid: `${STORAGE_ENTRY}.2`, kind: 'OctetString' },
];
const DEVICE_LOOKUPS: readonly Lookup[] = [
  { label: 'hrDeviceDescr', oid: `${DEVICE_ENTRY}.3`, kind: 'DisplayString' },
  { label: 'hrDeviceType', oid: `${DEVICE_ENTRY}.2`, kind: 'OctetString' },
];

/** Storage of HOST-RESOURCES-MIB (RFC 2790). */
export const hrStorage: Module = {
  name: 'hrStorage',
  walk: [STORAGE],
  metrics: [
    { name: 'hrMemorySize', oid: `${STORAGE}.2`, kind: 'gauge', help: 'Main memory, kilobytes' },
    ...table(STORAGE_ENTRY, 'hrStorageIndex', STORAGE_LOOKUPS, [
      [4, 'hrStorageAllocationUnits', 'gauge', 'Size of a unit, bytes'],
      [5, 'hrStorageSize', 'gauge', 'Size, in units'],
      [6, 'hrStorageUsed', 'gauge', 'In use, in units'],
      [7, 'hrStorageAllocationFailures', 'counter', 'Requests that there was no room for'],
    ]),
  ],
};

/** Devices and the load of processors of HOST-RESOURCES-MIB. */
export const hrDevice: Module = {
  name: 'hrDevice',
  walk: [DEVICE_ENTRY, PROCESSOR_ENTRY],
  metrics: [
    ...table(DEVICE_ENTRY, 'hrDeviceIndex', DEVICE_LOOKUPS, [
      [5, 'hrDeviceStatus', 'gauge', 'The state: 1 unknown, 2 running, 3 warning, 4 testing, 5 down'],
      [6, 'hrDeviceErrors', 'counter', 'Errors of the device'],
    ]),
    ...table(PROCESSOR_ENTRY, 'hrDeviceIndex', DEVICE_LOOKUPS, [
      [2, 'hrProcessorLoad', 'gauge', 'Share of the last minute that the processor was not idle, percent'],
    ]),
  ],
};
