import { type Columns, type Lookup, type Module, table } from './module.ts';

const SENSOR_ENTRY = '1.3.6.1.2.1.99.1.1.1';
const PHYSICAL_NAME = '1.3.6.1.2.1.47.1.1.1.1.7';
const TYPE = `${SENSOR_ENTRY}.1`;
const SCALE = `${SENSOR_ENTRY}.2`;
const PRECISION = `${SENSOR_ENTRY}.3`;
const VALUE = `${SENSOR_ENTRY}.4`;
const STATUS = `${SENSOR_ENTRY}.5`;

const LOOKUPS: readonly Lookup[] = [
  { label: 'entPhySensorScale', oid: SCALE, kind: 'gauge' },
  { label: 'entPhySensorType', oid: TYPE, kind: 'gauge' },
  { label: 'entPhysicalName', oid: PHYSICAL_NAME, kind: 'DisplayString' },
];

/** EntitySensorDataType of RFC 3433, from 1 on. */
const TYPES = 'other unknown voltsAC voltsDC amperes watts hertz celsius percentRH rpm cmm truthvalue'.split(' ');
/** EntitySensorDataScale, from 1 on: `units` is 9. The RFC names 14 exa and 15 peta, and gives them these powers. */
const EXPONENTS = [-24, -21, -18, -15, -12, -9, -6, -3, 0, 3, 6, 9, 12, 15, 18, 21, 24];
const OK = 1;
/** What RFC 3433 says that a value is that is above or below what the sensor can tell. */
const OUT_OF_RANGE = 1_000_000_000;

/**
 * Sensors of ENTITY-SENSOR-MIB (RFC 3433) with the names of ENTITY-MIB. `entPhySensorValue` is what the device said, which is what snmp_exporter gives;
 * `entPhySensorScaledValue` is the same in plain units, by scale and precision, of sensors that work.
 */
export const entitySensor: Module = {
  name: 'entity_sensor',
  walk: [PHYSICAL_NAME, SENSOR_ENTRY],
  metrics: table(SENSOR_ENTRY, 'entPhysicalIndex', LOOKUPS, [
    [3, 'entPhySensorPrecision', 'gauge', 'Decimal places of the value'],
    [4, 'entPhySensorValue', 'gauge', 'What the sensor says, before scale and precision'],
    [5, 'entPhySensorOperStatus', 'gauge', 'The state of the sensor: 1 ok, 2 unavailable, 3 nonoperational'],
    [6, 'entPhySensorUnitsDisplay', 'DisplayString', 'The units in words of the device'],
  ]),
  derive(columns, add) {
    for (const index of columns.indexes(VALUE)) {
      const value = scaledValue(columns, index);
      if (Number.isNaN(value)) continue;
      const name = columns.text(PHYSICAL_NAME, index);
      const type = TYPES[columns.number(TYPE, index) - 1] ?? 'unknown';
      const labels = ['entPhySensorType', type, 'entPhysicalIndex', index, 'entPhysicalName', name];
      add('entPhySensorScaledValue', labels, value);
    }
  },
};

function scaledValue(columns: Columns, index: string): number {
  const value = columns.number(VALUE, index);
  if (columns.number(STATUS, index) !== OK || Math.abs(value) >= OUT_OF_RANGE) return Number.NaN;
  const exponent = EXPONENTS[columns.number(SCALE, index) - 1];
  const precision = columns.number(PRECISION, index);
  if (exponent === undefined || !(precision >= -8 && precision <= 9)) return Number.NaN;
  // Read as a decimal: 235 tenths are 23.5 and not 23.500000000000004.
  return Number(`${value}e${exponent - precision}`);
}
