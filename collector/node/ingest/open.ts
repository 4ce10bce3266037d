import type { z } from 'zod';
import { PushDoor } from '../../../lib/doors/push-door.ts';
import { heapShare } from '../../../lib/heap-share.ts';
import { applicationServer, closeServer } from '../doors/http.ts';
import { doorLimitsOf } from '../doors/limits.ts';
import { type DoorParts, sinkOf } from '../doors/parts.ts';
import { listenAtSocket } from '../unix-socket.ts';
import type { ingestConfig } from './config.ts';

/** POST /v1/ingest, while it is open. @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT */
export async function openIngest(
  { path, mode, limits }: z.infer<ReturnType<typeof ingestConfig>>,
  parts: DoorParts,
): Promise<{ close(): Promise<void> }> {
  const { host } = parts;
  const door = new PushDoor({
    sink: sinkOf(parts, 'ingest', limits),
    now: () => host.now(),
    maxDepth: limits.jsonDepth,
    maxValues: heapShare(800, 2_000_000),
  });
  const server = applicationServer([door], doorLimitsOf(limits), parts);
  await listenAtSocket(server, path, Number.parseInt(mode, 8));
  return {
    close: () => closeServer(server),
  };
}
