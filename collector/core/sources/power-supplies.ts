import { addKnown, attribute, entries } from './attribute.ts';
import { decimal } from './number.ts';
import type { Source } from './source.ts';

/** Files of one number as it is, and what follows node_power_supply_. */
const PLAIN: Readonly<Record<string, string>> = {
  authentic: 'authentic',
  calibrate: 'calibrate',
  capacity: 'capacity',
  capacity_alert_max: 'capacity_alert_max',
  capacity_alert_min: 'capacity_alert_min',
  cycle_count: 'cyclecount',
  online: 'online',
  present: 'present',
  time_to_empty_now: 'time_to_empty_seconds',
  time_to_full_now: 'time_to_full_seconds',
};
/** Of a number in millionths: uA, uV, uAh, uWh, uW. Others of these keep their names. */
const MILLIONTHS: Readonly<Record<string, string>> = {
  charge_now: 'charge_ampere',
  current_now: 'current_ampere',
  energy_now: 'energy_watthour',
  power_now: 'power_watt',
  voltage_now: 'voltage_volt',
};
for (const name of [
  ...['current_boot', 'current_max', 'energy_empty', 'energy_empty_design', 'energy_full', 'energy_full_design'],
  ...['voltage_boot', 'voltage_max', 'voltage_max_design', 'voltage_min', 'voltage_min_design', 'voltage_ocv'],
  ...['charge_control_limit', 'charge_control_limit_max', 'charge_counter', 'charge_empty', 'charge_empty_design'],
  ...['charge_full', 'charge_full_design', 'charge_term_current', 'constant_charge_current'],
  ...['constant_charge_current_max', 'constant_charge_voltage', 'constant_charge_voltage_max', 'precharge_current'],
  'input_current_limit',
]) {
  (MILLIONTHS as Record<string, string>)[name] = name;
}
/** Of a number in tenths of a degree. */
const TENTHS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'temp',
    ...['alert_max', 'alert_min', 'ambient', 'ambient_max', 'ambient_min', 'max', 'min'].map((of) => `temp_${of}`),
  ].map((name) => [name, `${name}_celsius`]),
);
/** Of a text; labels of node_power_supply_info. */
const TEXTS = [
  ...['capacity_level', 'charge_type', 'health', 'manufacturer', 'model_name', 'scope', 'serial_number', 'status'],
  ...['technology', 'type', 'usb_type'],
];
const SCALES = [
  [PLAIN, 1],
  [MILLIONTHS, 1e6],
  [TENTHS, 10],
] as const;

/** Batteries, mains and UPS: /sys/class/power_supply (kernel, Documentation/ABI/testing/sysfs-class-power). */
export function powerSuppliesSource(): Source {
  return {
    name: 'powersupplyclass',
    collect(context) {
      const { paths, labels, metric, sink } = context;
      for (const supply of entries(context, paths.sys('class/power_supply'))) {
        const folder = paths.sys(`class/power_supply/${supply}`);
        const files = new Set(entries(context, folder));
        const read = (file: string) => (files.has(file) ? attribute(context, `${folder}/${file}`) : undefined);
        const pairs = labels('power_supply', supply);
        for (const [of, divisor] of SCALES) {
          for (const file of Object.keys(of)) {
            const value = decimal(read(file));
            addKnown(context, metric('node_power_supply_', of[file]!, ''), pairs, value / divisor);
          }
        }
        const info = TEXTS.flatMap((file) => {
          const text = read(file) ?? '';
          return text === '' ? [] : [file, text];
        });
        sink.add('node_power_supply_info', labels('power_supply', supply, ...info), 1);
      }
    },
  };
}
