import { attribute, entries, line } from './attribute.ts';
import { realPath } from './real-path.ts';
import type { Source, SourceContext } from './source.ts';

/** What of a chip is read: kernel, Documentation/hwmon/sysfs-interface. */
const TYPES: ReadonlySet<string> = new Set([
  ...['vrm', 'beep_enable', 'update_interval', 'in', 'cpu', 'fan', 'pwm', 'temp', 'curr', 'power', 'energy'],
  ...['humidity', 'intrusion', 'freq'],
]);
/** temp1_input: type, number, property. */
const FILE = /^([^0-9]+)(\d*)(?:_(.+))?$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const RPM: ReadonlySet<string> = new Set(['input', 'min', 'max', 'target']);

interface Sensor {
  readonly type: string;
  /** Texts by property: input, max, alarm ...; '' for a file without one. */
  readonly properties: Map<string, string>;
}

/** Chips of /sys/class/hwmon: temperatures, voltages, fans, currents, power, as node_exporter names them. */
export function sensorsSource(): Source {
  return {
    name: 'hwmon',
    collect(context) {
      const { labels, sink } = context;
      for (const { folder, chip } of chipsOf(context)) {
        const name = cleanName(attribute(context, `${folder}/name`) ?? '');
        if (name !== '') sink.add('node_hwmon_chip_names', labels('chip', chip, 'chip_name', name), 1);
        for (const [sensor, { type, properties }] of sensorsOf(context, folder)) {
          const label = properties.get('label');
          if (label !== undefined) {
            sink.add('node_hwmon_sensor_label', labels('chip', chip, 'label', label, 'sensor', sensor), 1);
          }
          addSensor(context, chip, sensor, type, properties);
        }
      }
    },
  };
}

/** Folders with a name for each that stays over restarts: numbers of hwmonN do not. */
function chipsOf(context: SourceContext): { folder: string; chip: string }[] {
  const { host, paths } = context;
  const root = paths.sys('class/hwmon');
  const found = entries(context, root).map((entry) => {
    const folder = `${root}/${entry}`;
    const name = attribute(context, `${folder}/name`) ?? '';
    return { folder, entry, name, chip: chipName(host.files, folder, name) };
  });
  const alike = (chip: string) => found.filter((other) => other.chip === chip);
  return found.map(({ folder, entry, name, chip }) => {
    const same = alike(chip);
    if (same.length === 1) return { folder, chip };
    // Two chips of one device: told apart by their names, or by their numbers.
    const clean = cleanName(name);
    const own = clean !== '' && same.filter((other) => other.name === name).length === 1 ? clean : cleanName(entry);
    return { folder, chip: `${chip}_${own}` };
  });
}

/** By the device (platform_coretemp_0), by the chip's name, or by the folder. */
function chipName(files: SourceContext['host']['files'], folder: string, name: string): string {
  const link = `${folder}/device`;
  const here = realPath(files, folder);
  const device = realPath(files, link);
  if (device !== `${here}/device`) {
    const [type = '', own = ''] = device.split('/').slice(-2).map(cleanName);
    if (own !== '') return type === '' ? own : `${type}_${own}`;
  }
  return cleanName(name) || cleanName(here.slice(here.lastIndexOf('/') + 1));
}

function sensorsOf(context: SourceContext, folder: string): Map<string, Sensor> {
  const sensors = new Map<string, Sensor>();
  for (const place of [folder, `${folder}/device`]) {
    for (const file of entries(context, place)) {
      const [, type, number, property = ''] = FILE.exec(file) ?? [];
      if (type === undefined || !TYPES.has(type)) continue;
      // A label keeps its blanks, as node_exporter has it: dashboards know it so. Bytes that are no UTF-8 are one mark together.
      const read = property === 'label' ? line : attribute;
      const value = read(context, `${place}/${file}`)?.replace(/\ufffd+/g, '\ufffd');
      if (value === undefined) continue;
      const name = `${type}${number === '' ? 0 : Number(number)}`;
      let sensor = sensors.get(name);
      if (sensor === undefined) {
        sensor = { type, properties: new Map() };
        sensors.set(name, sensor);
      }
      sensor.properties.set(property, value);
    }
  }
  return sensors;
}

function addSensor(
  { sink, labels }: SourceContext,
  chip: string,
  sensor: string,
  type: string,
  properties: ReadonlyMap<string, string>,
): void {
  const pairs = labels('chip', chip, 'sensor', sensor);
  const own = numberOf(properties.get('') ?? '');
  switch (type) {
    case 'beep_enable':
      sink.add('node_hwmon_beep_enabled', pairs, own === 1 ? 1 : 0);
      return;
    case 'vrm':
      if (!Number.isNaN(own)) sink.add('node_hwmon_voltage_regulator_version', pairs, own);
      return;
    case 'update_interval':
      if (!Number.isNaN(own)) sink.add('node_hwmon_update_interval_seconds', pairs, own / 1000);
      return;
  }
  for (const [property, value] of properties) {
    const number = property === 'label' ? Number.NaN : numberOf(value);
    if (Number.isNaN(number)) continue;
    // input is the value itself, unless there is a file without a property too.
    const plain = property === '' || (property === 'input' && !properties.has(''));
    const name = plain ? `node_hwmon_${type}` : `node_hwmon_${type}_${cleanName(property)}`;
    if (type === 'freq' && property === 'input') {
      const label = cleanName(properties.get('label') ?? '');
      if (properties.has('label')) sink.add(`${name}_freq_mhz`, labels('chip', chip, 'sensor', label), number / 1e6);
      continue;
    }
    const [suffix, reading] = inUnits(type, property, number);
    sink.add(name + suffix, pairs, reading);
  }
}

/** What the name ends in, and the reading in base units. The kernel has millivolts, millidegrees, milliamperes, microjoules and microwatts. */
function inUnits(type: string, property: string, value: number): readonly [string, number] {
  if (property === 'fault' || property === 'alarm') return ['', value];
  if (property === 'beep') return ['_enabled', value];
  switch (type) {
    case 'in':
    case 'cpu':
      return ['_volts', value / 1000];
    case 'temp':
      return property === 'type' ? ['', value] : ['_celsius', value / 1000];
    case 'curr':
      return ['_amps', value / 1000];
    case 'energy':
      return ['_joule_total', value / 1e6];
    case 'power':
      if (property === 'accuracy') return ['', value / 1e6];
      return property.startsWith('average_interval') ? ['_seconds', value / 1000] : ['_watt', value / 1e6];
    case 'humidity':
      return ['', value / 1e6];
    case 'fan':
      return [RPM.has(property) ? '_rpm' : '', value];
    default:
      return ['', value];
  }
}

function numberOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** What can stand in a name. */
function cleanName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9:_]/g, '_')
    .replace(/^_+|_+$/g, '');
}
