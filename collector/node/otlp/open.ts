import type { AddressInfo } from 'node:net';
import { HeliographError } from '../../../lib/errors.ts';
import { applicationServer, closeServer } from '../doors/http.ts';
import { doorLimitsOf } from '../doors/limits.ts';
import { once } from '../doors/once.ts';
import type { DoorParts } from '../doors/parts.ts';
import type { OtlpConfig } from './config.ts';

/** OTLP over HTTP, while it is open. */
export interface OtlpReceiver {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openOtlp({ listen, limits }: OtlpConfig, parts: DoorParts): Promise<OtlpReceiver> {
  const opened = once(async () => (await import('./doors.ts')).otlpDoors(limits, parts));
  const doors = [
    { path: '/v1/metrics', open: async () => (await opened())[0] },
    { path: '/v1/logs', open: async () => (await opened())[1] },
  ];
  const server = applicationServer(doors, doorLimitsOf(limits), parts);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'HG_PORT_TAKEN' : 'HG_PORT_RIGHT';
      reject(
        new HeliographError(code, `${listen.host}:${listen.port} for applications.otlp.listen`, { ...listen }, cause),
      );
    });
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeServer(server),
  };
}
