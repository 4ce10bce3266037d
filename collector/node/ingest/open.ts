import type { z } from 'zod';
import { applicationServer, closeServer } from '../doors/http.ts';
import { doorLimitsOf } from '../doors/limits.ts';
import { once } from '../doors/once.ts';
import type { DoorParts } from '../doors/parts.ts';
import { listenAtSocket } from '../unix-socket.ts';
import type { ingestConfig } from './config.ts';

/** POST /v1/ingest, while it is open. @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openIngest(
  { path, mode, limits }: z.infer<ReturnType<typeof ingestConfig>>,
  parts: DoorParts,
): Promise<{ close(): Promise<void> }> {
  const open = once(async () => (await import('./door.ts')).ingestDoor(limits, parts));
  const server = applicationServer([{ path: '/v1/ingest', open }], doorLimitsOf(limits), parts);
  await listenAtSocket(server, path, Number.parseInt(mode, 8));
  return {
    close: () => closeServer(server),
  };
}
