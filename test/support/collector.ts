import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { type CollectorConfig, type CollectorConfigInput, collectorConfig } from '../../collector/node/config.ts';
import { createNodeHost } from '../../collector/node/host.ts';
import { type CertificateFiles, createAuthority } from '../../lib/certificates/authority.ts';
import { decodeBase } from '../../proto/base.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { decodeFrame, type Frame } from '../../proto/frame.ts';
import { hashOf } from '../../proto/hash.ts';
import { decodeDefinition, type PageSeries } from '../../proto/page.ts';
import { parseTopic } from '../../proto/topics.ts';
import { decodeUtf8 } from '../../proto/utf8.ts';
import type { Received } from './broker.ts';

/** A folder of its own, with certificates of a test authority for one host and one relay. */
export interface Station {
  readonly directory: string;
  readonly relay: CertificateFiles;
  readonly host: CertificateFiles;
  readonly name: string;
  config(input: Partial<CollectorConfigInput> & { port: number }): CollectorConfig;
  remove(): void;
}

export async function createStation(name = 'host-1'): Promise<Station> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-collector-'));
  const authority = await createAuthority(join(directory, 'ca'), Date.now());
  const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
  const host = await authority.issue({ name, role: 'collector', days: 1 });
  return {
    directory,
    relay,
    host,
    name,
    config: ({ port, ...input }) =>
      collectorConfig.parse({
        relays: [`127.0.0.1:${port}`],
        tls: { ca: host.ca, cert: host.cert, key: host.key },
        dataDir: join(directory, 'data'),
        interval: '100ms',
        phase: '0ms',
        logLinger: '20ms',
        logPoll: '20ms',
        reconnect: { base: '50ms', cap: '200ms' },
        ...input,
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A host that says nothing. */
export const quietHost = () => createNodeHost({ log: () => undefined });

/** Everything a broker received from a host, decoded with the definitions among it. */
export function decodeReceived(received: readonly Received[]): {
  frames: Frame[];
  /** Frames whose (boot, class, sequence) was there before. */
  repeats: number;
  series(page: string): readonly PageSeries[];
} {
  const pages = new Map<string, readonly PageSeries[]>();
  const bases = new Map<string, { page: string; values: Float64Array }>();
  const { sha256 } = quietHost();
  for (const { topic, payload } of received) {
    if (parseTopic(topic)?.part !== 'definitions') continue;
    const definition = decodeDefinition(payload);
    const hash = hashOf(payload, sha256);
    if (definition.kind === 'page') pages.set(hash, definition.series);
    else {
      const size = pages.get(definition.page)!.length;
      bases.set(hash, { page: definition.page, values: decodeBase(definition.columns, size) });
    }
  }
  const seen = new Set<string>();
  const frames: Frame[] = [];
  let repeats = 0;
  for (const { topic, payload } of received) {
    const part = parseTopic(topic)?.part;
    if (!DATA_CLASSES.some((name) => name === part)) continue;
    const frame = decodeFrame(payload, {
      definitions: { pageSize: (page) => pages.get(page)?.length, base: (base) => bases.get(base) },
      utf8: (bytes, from, to) => decodeUtf8(bytes, from, to),
      unzstd: (bytes, max) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: max })),
    });
    const key = `${frame.boot} ${frame.class} ${frame.sequence}`;
    if (seen.has(key)) repeats++;
    else frames.push(frame);
    seen.add(key);
  }
  return { frames, repeats, series: (page) => pages.get(page) ?? [] };
}

/** Waits until `holds`, or fails with what it waited for. */
export async function until(what: string, holds: () => boolean, ms = 135_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
