import { counter, gauge, type MetricHelp } from './metric-help.ts';

const WHOLE: Readonly<Record<string, string>> = {
  beep_enabled: 'Hardware beep enabled',
  chip_names: 'Annotation metric for human-readable chip names',
  freq_freq_mhz: 'Hardware monitor for GPU frequency in MHz',
  power_accuracy: 'Hardware monitor power meter accuracy, as a ratio',
  sensor_label: 'Label for given chip and sensor',
  update_interval_seconds: 'Hardware monitor update interval',
  voltage_regulator_version: 'Hardware voltage regulator',
};
/** Names of a sensor's kind, its property, and its unit; and what is said of it. */
const FORMS: readonly (readonly [RegExp, (property: string, kind: string) => string])[] = [
  [/^([a-z]+)_(alarm|fault)$/, (property, kind) => `Hardware sensor ${property} status (${kind})`],
  [/^([a-z]+)_beep_enabled$/, () => 'Hardware monitor sensor has beeping enabled'],
  [/^(in|cpu)(?:_(\w+))?_volts$/, (property) => `Hardware monitor for voltage (${property})`],
  [/^(temp)(?:_(\w+))?_celsius$/, (property) => `Hardware monitor for temperature (${property})`],
  [/^(curr)(?:_(\w+))?_amps$/, (property) => `Hardware monitor for current (${property})`],
  [/^(energy)(?:_(\w+))?_joule_total$/, (property) => `Hardware monitor for joules used so far (${property})`],
  [/^(power)_(\w+)_seconds$/, (property) => `Hardware monitor power usage update interval (${property})`],
  [/^(power)(?:_(\w+))?_watt$/, (property) => `Hardware monitor for power usage in watts (${property})`],
  [
    /^(humidity)(?:_(\w+))?$/,
    (property) =>
      `Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage) (${property})`,
  ],
  [/^(fan)(?:_(\w+))?_rpm$/, (property) => `Hardware monitor for fan revolutions per minute (${property})`],
  [/^([a-z]+)_(\w+)$/, (property, kind) => `Hardware monitor ${kind} element ${property}`],
];

/** What node_exporter says of node_hwmon_<key>. */
export function sensorHelp(key: string): MetricHelp {
  const of = key.endsWith('_joule_total') ? counter : gauge;
  const whole = WHOLE[key];
  if (whole !== undefined) return of(whole);
  for (const [form, help] of FORMS) {
    const match = form.exec(key);
    if (match !== null) return of(help(match[2] ?? 'input', match[1]!));
  }
  return of(`Hardware monitor ${key} element `);
}
