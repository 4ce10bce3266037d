import type { AddressInfo } from 'node:net';
import { Otlp } from '../../../lib/doors/otlp.ts';
import { OtlpHttpDoor } from '../../../lib/doors/otlp-http-door.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { applicationServer, closeServer } from '../doors/http.ts';
import { doorLimitsOf, pieceLimits } from '../doors/limits.ts';
import { type DoorParts, FUTURE_MS, sinkOf } from '../doors/parts.ts';
import type { OtlpConfig } from './config.ts';

/** OTLP over HTTP, while it is open. */
export interface OtlpReceiver {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openOtlp({ listen, limits }: OtlpConfig, parts: DoorParts): Promise<OtlpReceiver> {
  const { host } = parts;
  const sink = sinkOf(parts, 'otlp', limits);
  // The host's own name is on its series: no gateway's need be.
  const otlp = new Otlp(sink, '', limits.jsonDepth, () => host.now() + FUTURE_MS, pieceLimits());
  const doors = (['metrics', 'logs'] as const).map((signal) => new OtlpHttpDoor(signal, otlp));
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
