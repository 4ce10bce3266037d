import { readFileSync } from 'node:fs';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { CertificateFiles } from '../../../lib/certificates/authority.ts';

/** Rules as a fleet of devices has them. */
export const TOPICS = [
  {
    filter: 'site/+/+/telemetry',
    labels: { plant: '$1', device: '$2', unit: '$.unit' },
    prefix: 'plant',
    time: { field: 'ts', unit: 'ms' },
    line: { message: 'message', level: 'level', service: 'pump', host: '$2' },
  },
  { filter: 'raw/+', prefix: '$1' },
];

/** Who a device says it is. */
export interface DeviceLogin {
  readonly ca?: string;
  readonly password?: string;
  readonly files?: CertificateFiles;
}

/** A device with a client of the usual kind. */
export function connectDevice(
  port: number,
  { ca, password, files }: DeviceLogin,
  options: Partial<IClientOptions> = {},
): Promise<MqttClient> {
  const own = files ? { cert: readFileSync(files.cert), key: readFileSync(files.key) } : {};
  const tls = ca === undefined ? {} : { servername: 'localhost', ca: readFileSync(ca), ...own };
  return connectAsync(`${ca === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${port}`, {
    ...tls,
    ...(password === undefined ? {} : { username: 'device', password }),
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  });
}
