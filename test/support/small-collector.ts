/** The program that runs on the small engine: a whole collector with a machine in memory and a relay that acknowledges everything. */
import { Collector } from '../../collector/core/collector.ts';
import { hostSources } from '../../collector/core/sources/host-sources.ts';
import { cardMask } from '../../lib/mask/cards.ts';
import { MaskStage } from '../../lib/mask/mask.ts';
import { hex } from '../../proto/hash.ts';
import { memoryHost } from './memory-host.ts';

interface Given {
  readonly files: Record<string, string>;
  sha256(text: string): string;
  crc32(text: string, seed: number): number;
}

const given = globalThis as unknown as Given & {
  /** Lets so much time pass. */
  step(ms: number): void;
  /** [topic, payload in hex] of everything published so far. */
  published: [string, string][];
};

const unhex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));

const machine = memoryHost(given.files, {
  sha256: (bytes) => unhex(given.sha256(hex(bytes))),
  crc32: (bytes, seed = 0) => given.crc32(hex(bytes), seed),
});
given.published = [];
given.step = (ms) => machine.run(ms);
const { host } = machine;
Collector.start(
  {
    name: 'small-1',
    profile: 'device',
    relays: [{ host: 'relay', port: 8883, weight: 1, tier: 1 }],
    homecomingMs: 600_000,
    dataDir: '/data',
    root: '/fixture',
    intervalMs: 10_000,
    phaseMs: 0,
    instantsPerFrame: 1,
    labels: { job: 'node' },
    seriesLimit: 1000,
    pushedSeriesLimit: 1000,
    pushedCharacterLimit: 1_000_000,
    keepAliveSeconds: 60,
    statusMs: 60_000,
    logs: [{ paths: ['/logs/*.log'], level: 'info' }],
    logLingerMs: 100,
    logBatchBytes: 16_384,
    logPollMs: 250,
    caps: { cpu: null, memory: null, writesPerDay: null },
    spool: { maxBytes: 1_000_000, segmentBytes: 65_536, lingerMs: 0, mode: 'disk' },
    window: { frames: 8, bytes: 65_536, backfillShare: 0.5, staleMs: 30_000 },
    backOff: { baseMs: 1000, capMs: 60_000, provenAfterMs: 30_000 },
    closeMs: 0,
    zoneMinutes: 0,
  },
  {
    host,
    journalFiles: machine.journalFiles,
    sources: hostSources(),
    mask: new MaskStage(host, [cardMask()]),
    createUplink: () => ({
      connect: (_options, events) => void host.timer(() => events.onOpen(), 1),
      publish(topic, payload, _options, done) {
        given.published.push([topic, hex(payload)]);
        host.timer(() => done(null), 1);
      },
      close: (done) => done(),
      leave: () => undefined,
    }),
  },
)
  .then(({ pushed }) => {
    const target = pushed.target({ job: 'apps', instance: 'app-1' });
    target.row(host.now(), (sink) => sink.add('app_requests_total', ['path', '/'], 7));
  })
  .catch((error) => given.published.push(['error', String(error.stack ?? error)]));
