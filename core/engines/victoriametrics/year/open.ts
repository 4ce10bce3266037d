import { setImmediate } from 'node:timers/promises';
import { after } from '../../../../lib/after.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { HeliographError } from '../../../../lib/errors.ts';
import type { Logger } from '../../../../lib/log.ts';
import type { Registry } from '../../../../lib/metrics.ts';
import { sleep } from '../../../../lib/sleep.ts';
import type { Health } from '../../../api/health.ts';
import type { FrameLedger } from '../../../seen/frame-ledger.ts';
import { EngineGate } from '../../gate.ts';
import { Address } from '../address.ts';
import { checkVictoriaMetrics } from '../check.ts';
import { VictoriaMetricsClient } from '../client.ts';
import { addressFigures } from '../figures.ts';
import { EngineQueries } from '../queries.ts';
import { watchOver } from '../watch.ts';
import { Behind } from './behind.ts';
import type { YearConfig } from './config.ts';
import { yearFigures } from './figures.ts';
import { WindowLabels } from './labels.ts';
import { YearLedger } from './ledger.ts';
import { WindowMaker } from './maker.ts';
import { SampleReader } from './read.ts';
import { Revisions } from './revision.ts';
import { TieredQueries } from './tiers.ts';
import { oldestWindow, windowOf, windowText } from './window.ts';
import { WindowWriter } from './write.ts';

export interface YearOptions {
  readonly config: YearConfig;
  /** Another process of the core computes windows for the first time. */
  readonly firstElsewhere: boolean;
  /** Of the full tier. */
  readonly full: {
    readonly client: VictoriaMetricsClient;
    readonly queries: EngineQueries;
    readonly address: string;
    readonly ledger: FrameLedger;
    readonly retentionMs: number;
    /** Whether it can be used now. */
    readonly ready: () => boolean;
    /** How long after its answer what is written is entered, ms. */
    readonly settleMs: () => number;
  };
  readonly clock: Clock;
  readonly log: Logger;
  readonly registry: Registry;
  readonly health: Pick<Health, 'well' | 'ill'>;
  /** In [0, 1). */
  readonly random: () => number;
  readonly settleMs?: number;
  readonly lookMs: number;
}

/** The second tier: windows of what the metric store has, for longer than that has it. */
export interface Year {
  readonly ledger: YearLedger;
  readonly queries: TieredQueries;
  close(): Promise<void>;
}

const ENGINE = 'year store';
const WINDOWS = 'year windows';
const JUDGE_MS = 10_000;
/** What the full tier has answered is before its queries after a second; twice that, to be sure. */
const VISIBLE_MS = 2_000;
const UNCONFIRMED_BYTES = 256 << 20;
/** A request is put together in one go, in the thread that takes frames: some ms of it. */
const REQUEST_SAMPLES = 20_000;
const REQUESTS = 2;

/**
 * Opens the year's tier. Resolves also while its engine is down: it is then waited for, and the full tier goes on.
 * @throws HeliographError HG_ENGINE_ADDRESS, HG_ENGINE_LOGIN, HG_ENGINE_VERSION, HG_ENGINE_SETTING, HG_STORE_DISK
 */
export async function openYear(options: YearOptions): Promise<Year> {
  const { config, full, clock, log, registry, health } = options;
  const url = config.address.replace(/\/+$/, '');
  const figures = yearFigures(registry);
  const fullMs = Math.min(full.retentionMs, config.retention);
  // One more: time goes on until it is computed.
  const first = oldestWindow(clock.now(), fullMs, config.seam, config.window) + config.window;
  const ledger = new YearLedger(
    {
      database: full.ledger.database,
      path: full.ledger.path,
      windowMs: config.window,
      // A window earlier than it can be by our clock: the other one's may be ahead.
      ...(options.firstElsewhere
        ? { elsewhere: () => windowOf(clock.now() - config.grace + config.window, config.window) }
        : {}),
    },
    first,
  );
  const client = new VictoriaMetricsClient(config);
  const labels = new WindowLabels(config.window, { maxLabels: 30, maxNameLength: 256, maxValueLength: 1_024 });
  let settleMs = options.settleMs ?? 15_000;
  let gate: EngineGate | null = null;
  const sent = addressFigures(registry, 'heliograph_core_year_');
  const address: Address = new Address({
    client,
    place: 0,
    url,
    lives: [url],
    requestSamples: REQUEST_SAMPLES,
    requests: REQUESTS,
    unconfirmedBytes: UNCONFIRMED_BYTES,
    settleMs: () => settleMs,
    now: () => clock.now(),
    mono: () => clock.mono(),
    random: options.random,
    sleep,
    breathe: () => setImmediate(),
    log,
    figures: sent.of(url),
    onDoubt: (error) => {
      gate?.doubt(error);
      address.giveBack(error);
    },
  });
  sent.watch([address]);
  try {
    gate = await EngineGate.open({
      part: ENGINE,
      engine: `VictoriaMetrics at ${url}`,
      check: async () => {
        const checked = await checkVictoriaMetrics(client, [address], url, {
          retentionMs: config.retention,
          key: 'victoriametrics.year.retention',
          dedup: windowText(config.window),
          otherwise:
            'So it keeps of each window the newest revision: with less several would count, with more windows are deleted',
        });
        labels.limit(checked.limits);
        settleMs = options.settleMs ?? checked.settleMs;
      },
      health,
      log,
      timer: after,
    });
  } catch (error) {
    await client.close();
    throw error;
  }
  const passed = gate;
  const watch = watchOver([address], passed, options.lookMs);
  const told = new Set<string>();
  const writer = new WindowWriter(address, labels, (reason, series) => {
    figures.refused(reason);
    if (told.has(reason)) return;
    told.add(reason);
    log.error('a series has no windows: the year store does not take it; others may follow', {
      reason,
      name: series.__name__,
      labels: Object.keys(series).length + 1,
    });
  });
  const lag = () => Math.max(0, clock.now() - config.grace - config.every - ledger.watermark);
  const behind = new Behind();
  let trouble: HeliographError | null = null;
  const judge = () => {
    const falls = behind.judge(lag(), clock.now());
    if (trouble !== null) health.ill(WINDOWS, trouble.message);
    else if (falls) {
      const since = new Date(ledger.watermark).toISOString();
      health.ill(
        WINDOWS,
        `windows are computed up to ${since} and fall further behind; docs/engines.md says what to do`,
      );
    } else health.well(WINDOWS);
  };
  const judging = setInterval(judge, JUDGE_MS);
  const maker = new WindowMaker({
    ledger,
    revisions: new Revisions(config.window, full.retentionMs),
    reader: new SampleReader(full.client, full.address),
    write: (batch, stamps) => writer.write(batch, stamps),
    ready: () => passed.passed && full.ready(),
    windowMs: config.window,
    graceMs: config.grace,
    everyMs: config.every,
    seamMs: config.seam,
    againMs: config.again,
    fullMs,
    visibleMs: VISIBLE_MS,
    enteredMs: full.settleMs,
    now: () => clock.now(),
    mono: () => clock.mono(),
    timer: after,
    turn: () => setImmediate(),
    log,
    onMade: figures.made,
    onLost: (windows, why) => {
      figures.lost(windows, why);
      log.error('windows of the year store can be computed no more; docs/engines.md says why', {
        windows,
        reason: why,
      });
    },
    onTrouble: (error) => {
      trouble = error;
      judge();
    },
  });
  figures.watch(ledger, () => Math.max(0, clock.now() - ledger.watermark));
  maker.start();
  return {
    ledger,
    queries: new TieredQueries({
      full: full.queries,
      year: new EngineQueries(client, url),
      pass: () => passed.pass(),
      windowMs: config.window,
      fullMs: full.retentionMs,
      now: () => clock.now(),
      watermark: () => ledger.watermark,
    }),
    close: async () => {
      clearInterval(judging);
      clearInterval(watch);
      const stopped = maker.close();
      await passed.close();
      address.close(new HeliographError('HG_STORE_CLOSED', ENGINE));
      await stopped;
      await client.close();
    },
  };
}
