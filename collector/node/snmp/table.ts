import type { Host } from '../../core/host.ts';
import { phaseOf } from '../../core/phase.ts';
import type { SnmpConfig } from './config.ts';
import type { CredentialsConfig } from './credentials-schema.ts';
import type { Credentials, Device } from './device.ts';
import type { DeviceConfig } from './device-schema.ts';
import { readCredentials, secretFiles } from './secrets.ts';

/** A poll ends before the next begins. */
const BUDGET_SHARE = 0.9;
const BUDGET_PACKETS = 5000;
const BUDGET_ROWS = 50_000;

/** The devices of a configuration and of the file that it names, ready to be polled. */
export interface DeviceTable {
  readonly devices: readonly Device[];
  /** Whose change makes another table of it. */
  readonly files: readonly string[];
}

/** What the file of devices says. */
interface DevicesFile {
  readonly credentials: Readonly<Record<string, CredentialsConfig>>;
  readonly devices: readonly DeviceConfig[];
}

/**
 * The table of a configuration, with the file of devices that it names as that is now.
 * @throws HG_CONFIG_* with file, line, value and fix; HG_SNMP_SECRET
 */
export async function readTable(config: SnmpConfig, host: Pick<Host, 'sha256' | 'utf8Bytes'>): Promise<DeviceTable> {
  return deviceTable(config, await readDevicesFile(config), host);
}

/** What checks a file takes memory: it is loaded where there is one. */
async function readDevicesFile({ devicesFile: path, credentials, devices }: SnmpConfig): Promise<DevicesFile | null> {
  if (path === undefined) return null;
  const [{ loadConfig }, { devicesFile }] = await Promise.all([
    import('../../../lib/config/load.ts'),
    import('./device-schema.ts'),
  ]);
  const known = { credentials: Object.keys(credentials), names: devices.map(({ name }) => name) };
  return loadConfig(path, devicesFile(known), 'snmp.devicesFile');
}

/** Reads secrets, and puts defaults in. @throws HG_SNMP_SECRET */
function deviceTable(
  config: SnmpConfig,
  file: DevicesFile | null,
  host: Pick<Host, 'sha256' | 'utf8Bytes'>,
): DeviceTable {
  const all = { ...config.credentials, ...file?.credentials };
  const read = new Map<string, Credentials>();
  const credentialsOf = (name: string): Credentials => {
    const known = read.get(name) ?? readCredentials(all[name]!);
    read.set(name, known);
    return known;
  };
  const entries = [...config.devices, ...(file?.devices ?? [])];
  return {
    devices: entries.map((entry) => deviceOf(config, entry, credentialsOf(entry.credentials), host)),
    files: [...(config.devicesFile === undefined ? [] : [config.devicesFile]), ...secretFiles(Object.values(all))],
  };
}

function deviceOf(
  config: SnmpConfig,
  entry: DeviceConfig,
  credentials: Credentials,
  host: Pick<Host, 'sha256' | 'utf8Bytes'>,
): Device {
  const intervalMs = entry.interval ?? config.interval;
  const budget = { ...config.budget, ...entry.budget };
  return {
    name: entry.name,
    host: entry.address.host,
    port: entry.address.port,
    credentials,
    intervalMs,
    phaseMs: phaseOf(host, entry.name, intervalMs),
    timeoutMs: entry.timeout ?? config.timeout,
    retries: entry.retries ?? config.retries,
    maxRepetitions: entry.maxRepetitions ?? config.maxRepetitions,
    budget: {
      ms: budget.time ?? Math.ceil(intervalMs * BUDGET_SHARE),
      packets: budget.packets ?? BUDGET_PACKETS,
      rows: budget.rows ?? BUDGET_ROWS,
    },
    modules: entry.modules ?? config.modules,
    labels: entry.labels,
    anySource: entry.anySource,
  };
}
