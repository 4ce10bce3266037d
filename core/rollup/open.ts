import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after } from '../../lib/after.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Counter, Registry } from '../../lib/metrics.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { EmbeddedBus } from '../bus/embedded.ts';
import type { Account } from '../ledger/account.ts';
import type { Bus } from '../ports/bus.ts';
import type { MetricStore } from '../ports/metric-store.ts';
import type { RollupsConfig } from './config.ts';
import { RollupFigures } from './figures.ts';
import { Forwarder } from './forwarder.ts';
import { MERGER, SKETCHES, SketchInbox, type SketchIntake } from './inbox.ts';
import { Merger } from './merger.ts';
import type { Stay } from './stays.ts';
import { Totals } from './totals.ts';
import { Touched } from './touched.ts';
import { Windows } from './windows.ts';
import { MergedWriter } from './writer.ts';
import { WrittenWindows } from './written.ts';

/** The merging of roll-ups, while the core is up. */
export interface Rollups extends SketchIntake {
  close(): Promise<void>;
}

/** Room is made by whole segments. */
const SEGMENTS = 16;

/**
 * Puts the merging together and starts it: a journal of its own in the folder rollups/, and who reads it.
 * @throws HeliographError HG_JOURNAL_*
 */
export async function openRollups(options: {
  readonly config: RollupsConfig;
  readonly dataDir: string;
  readonly metrics: MetricStore;
  /** The bus of all gateways of this core, where there may be several; null: this process merges what comes to it. */
  readonly shared: Bus | null;
  /** When a host was at a relay, by what this process was told. */
  readonly stay: (host: string, relay: string) => Stay;
  readonly account: Account;
  readonly registry: Registry;
  readonly refused: Counter;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<Rollups> {
  const { config, dataDir, metrics, shared, stay, account, registry, refused, clock, log } = options;
  const now = () => clock.now();
  const figures = new RollupFigures(registry, refused);
  const unanswered = (code: ErrorCode) => figures.unanswered(code);
  const revises = metrics.overwrites ?? false;
  const { grace, late, maxWindows, memoryBytes, diskBytes } = config;
  const windows = new Windows({ grace, late, maxWindows, maxBytes: memoryBytes, revises });
  figures.watch(registry, windows);
  const bus = await EmbeddedBus.open({
    directory: join(dataDir, 'rollups'),
    files: nodeFiles,
    now,
    crc32,
    timer: after,
    topics: [{ name: SKETCHES, groups: [MERGER] }],
    segmentBytes: Math.floor(diskBytes / SEGMENTS),
    maxBytes: diskBytes,
    onDamage: (damage) => {
      figures.undecodable('HG_BUS_DAMAGED');
      log.warn('sketches of roll-ups that cannot be read are skipped', { ...damage });
    },
    onError: (error) => log.error('sketches of roll-ups come again', { 'error.message': String(error) }),
  });
  try {
    const from = bus.floor(SKETCHES, MERGER);
    const forwarder = shared && (await Forwarder.open(bus, from, shared));
    const merger = await Merger.open({
      bus: shared ?? bus,
      from: shared ? null : from,
      ...{ windows, figures, revises, now, log, mono: () => clock.mono() },
      written: new WrittenWindows(metrics, now, unanswered),
      totals: new Totals(metrics, now, unanswered),
      touched: new Touched({ raw: metrics, stay: shared ? null : stay, figures, log }),
      writer: new MergedWriter(metrics, account, now),
    });
    const inbox = new SketchInbox(bus, figures, log);
    return {
      put: (from, came, window) => inbox.put(from, came, window),
      close: async () => {
        await merger.close();
        await forwarder?.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}
