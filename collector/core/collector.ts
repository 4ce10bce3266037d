import type { DropRecord, JournalFiles } from '../../lib/journal/contract.ts';
import { Journal } from '../../lib/journal/journal.ts';
import type { LogRoutes } from '../../lib/log-lines/routes.ts';
import type { MaskStage } from '../../lib/mask/mask.ts';
import { CAP_POLICY, DATA_CLASSES, type DataClass } from '../../proto/class.ts';
import { decodeControl } from '../../proto/control.ts';
import { encodeStatus, type Status } from '../../proto/status.ts';
import { topicOf } from '../../proto/topics.ts';
import { beginBoot } from './boot.ts';
import { Capped } from './capped.ts';
import { Caps } from './caps/caps.ts';
import { FlashBudget } from './caps/flash-budget.ts';
import { EventSpool } from './events/event-spool.ts';
import { MachineEvents } from './events/machine-events.ts';
import type { Host, Uplink } from './host.ts';
import { DesiredLevels } from './logs/desired-levels.ts';
import type { LineRules } from './logs/line-rules.ts';
import { type LineSource, sourceOf } from './logs/line-source.ts';
import { LineStages } from './logs/line-stages.ts';
import { type LineOrigin, LogPipeline } from './logs/log-pipeline.ts';
import { LogRules } from './logs/log-rules.ts';
import { LostLines } from './logs/lost-lines.ts';
import { type OwnParts, ownFigures } from './own-figures.ts';
import { phaseOf } from './phase.ts';
import { PushedIntake } from './pushed/intake.ts';
import { Sampler } from './sampling/sampler.ts';
import type { SeriesRules } from './sampling/series-rules.ts';
import { selfSource } from './self-source.ts';
import type { CollectorSettings } from './settings.ts';
import type { Source } from './sources/source.ts';
import { Definitions } from './spool/definitions.ts';
import { READER, Spool } from './spool/spool.ts';
import { Tail } from './tail/tail.ts';
import { BackOff } from './uplink/back-off.ts';
import { Homecoming } from './uplink/homecoming.ts';
import { Link } from './uplink/link.ts';
import { relayOrder } from './uplink/relay-order.ts';
import { addressText, type RelayAddress } from './uplink/relay-turns.ts';
import { Sender } from './uplink/sender.ts';
import { classStatus, collectorLedger, lastWill, type Unspooled } from './uplink/status.ts';
import type { WallClock } from './wall-clock.ts';

export interface CollectorParts {
  readonly host: Host;
  readonly journalFiles: JournalFiles;
  readonly createUplink: () => Uplink;
  readonly sources: readonly Source[];
  readonly mask: MaskStage;
  /** What is done to series and to lines before they are sent; missing: nothing. */
  readonly relabel?: { readonly series: SeriesRules | null; readonly lines: LineRules | null };
  /** What share of which lines is sent. */
  readonly routes?: LogRoutes | null;
  /** The clock behind the host's `now`, where that machine may not know the time. */
  readonly clock?: WallClock;
  /** Whom else than itself its certificate lets it speak for; missing: nobody. */
  readonly mayName?: (instance: string) => boolean;
  /** Lines from elsewhere than files. */
  readonly lineSources?: readonly LineSource[];
  /** Whose lines a container's log holds; missing: nothing is known of it but its path. */
  readonly originOf?: (path: string) => LineOrigin | null;
}

/** A running collector: sources and logs into the spool, the spool to a relay. */
export class Collector {
  readonly settings: CollectorSettings;
  readonly spool: Spool;
  readonly sender: Sender;
  readonly link: Link;
  readonly sampler: Sampler;
  readonly desired: DesiredLevels;
  readonly caps: Caps;
  /** For samples that no source gives: of applications and devices. */
  readonly pushed: PushedIntake;
  /** What lines go through, whatever way they come. */
  readonly lines: LineStages;
  readonly #host: Host;
  readonly #machine: MachineEvents;
  readonly #logs: LogPipeline;
  readonly #tail: Tail | null;
  readonly #lineSources: readonly LineSource[];
  readonly #definitions: Definitions;
  readonly #mask: MaskStage;
  readonly #relabel: NonNullable<CollectorParts['relabel']>;
  readonly #routes: LogRoutes | null;
  readonly #capped = new Capped();
  readonly #clock: WallClock | null;
  readonly #unspooled: Unspooled = new Map();
  #uplink: Uplink | null = null;
  #connection = '';
  #statusTimer: number | null = null;
  /** The relay's clock minus ours, ms; NaN until it was told. */
  #skewMs = Number.NaN;

  private constructor(
    settings: CollectorSettings,
    parts: CollectorParts,
    spool: Spool,
    definitions: Definitions,
    flash: FlashBudget,
  ) {
    const { host } = parts;
    const events = new EventSpool(host, spool, settings.name);
    this.#clock = parts.clock ?? null;
    this.caps = new Caps({
      host,
      settings: settings.caps,
      flash,
      spoolFill: () => spool.journal.bytes() / spool.journal.options.maxBytes,
      relayPressure: () => this.sender.linePressure,
      shedLines: () => this.lines.stats.shed,
      onChange: (type, facts) => events.put(type, facts),
    });
    this.settings = settings;
    this.spool = spool;
    this.#host = host;
    this.#definitions = definitions;
    this.#mask = parts.mask;
    this.#routes = parts.routes ?? null;
    this.#relabel = parts.relabel ?? { series: null, lines: null };
    this.desired = new DesiredLevels(host, `${settings.dataDir}/desired.json`);
    const { name, window, backOff } = settings;
    this.sender = new Sender({
      host,
      name,
      spool,
      definitions,
      windowFrames: window.frames,
      windowBytes: window.bytes,
      backfillShare: window.backfillShare,
      staleMs: window.staleMs,
    });
    this.#machine = new MachineEvents(host, settings.dataDir, settings.root, events);
    this.sampler = new Sampler({
      host,
      spool,
      definitions,
      sources: [...parts.sources, this.#machine.source(), selfSource(() => ownFigures(this.#ownParts()))],
      root: settings.root,
      labels: settings.labels,
      seriesLimit: settings.seriesLimit,
      intervalMs: settings.intervalMs,
      phaseMs: settings.phaseMs ?? phaseOf(host, name, settings.intervalMs),
      instantsPerFrame: settings.instantsPerFrame,
      onCapped: (metric) => this.#capped.count(metric),
      rules: this.#relabel.series,
      onDropped: (reason, samples) => this.#lost('metric', reason, samples, 0),
      stretch: () => this.caps.shedding.stretch,
      onLost: (reason, samples) => this.#lost('metric', reason, samples),
    });
    this.pushed = new PushedIntake({
      host,
      spool,
      definitions,
      mask: parts.mask,
      rules: this.#relabel.series,
      speaker: { name, mayName: parts.mayName ?? (() => false) },
      labels: settings.labels,
      seriesLimit: settings.pushedSeriesLimit,
      characterLimit: settings.pushedCharacterLimit,
      onRefused: (reason, samples) => this.#lost('metric', reason, samples, 0),
    });
    const lost = new LostLines(events, (reason, lines) => this.#lost('log', `file_${reason}`, lines, 0));
    this.lines = new LineStages({
      host,
      desired: this.desired,
      relabel: this.#relabel.lines,
      routes: this.#routes,
      caps: this.caps,
      onDropped: (reason, lineClass, lines) => this.#lost(lineClass, reason, lines, 0),
      zoneMinutes: settings.zoneMinutes,
    });
    const rules = new LogRules(settings.logs);
    this.#logs = new LogPipeline({
      host,
      spool,
      rules,
      stages: this.lines,
      mask: parts.mask,
      onLost: (bytes) => lost.declare(bytes),
      caps: this.caps,
      originOf: parts.originOf ?? null,
      lingerMs: settings.logLingerMs,
    });
    this.#lineSources = parts.lineSources ?? [];
    this.#tail =
      settings.logs.length === 0
        ? null
        : new Tail(
            host,
            {
              paths: settings.logs.flatMap((rule) => [...rule.paths]),
              pollMs: settings.logPollMs,
              batchBytes: settings.logBatchBytes,
              maxLineBytes: Math.min(256 * 1024, settings.logBatchBytes - 2),
              exclude: settings.logExclude ?? [],
              formatOf: (path) => rules.formatOf(path),
            },
            this.#logs,
            spool.progress.positions().filter((position) => sourceOf(position) === ''),
            spool.progress.closed(),
          );
    this.link = new Link({
      host,
      createUplink: parts.createUplink,
      relays: relayOrder(name, settings.relays),
      clientId: name,
      keepAliveSeconds: settings.keepAliveSeconds,
      subscribe: [topicOf(name, 'desired'), topicOf(name, 'control')],
      backOff: new BackOff({ baseMs: backOff.baseMs, capMs: backOff.capMs, random: host.random }),
      homecoming: new Homecoming({ ms: settings.homecomingMs, random: host.random }),
      provenAfterMs: backOff.provenAfterMs,
      lastWill: (connection) => ({
        topic: topicOf(name, 'status'),
        payload: encodeStatus(lastWill(this.#about(connection))),
      }),
      onOpen: (uplink, connection) => this.#opened(uplink, connection),
      onMessage: (topic, payload) => this.#message(topic, payload),
      onLeaving: (to) => this.#leaving(to),
      onClose: () => this.#closed(),
    });
  }

  /**
   * Opens the spool, begins a new boot, and starts to collect and to connect.
   * @throws HG_JOURNAL_DISK, HG_COLLECTOR_DISK
   */
  static async start(settings: CollectorSettings, parts: CollectorParts): Promise<Collector> {
    const { host } = parts;
    const { dataDir, spool: options } = settings;
    host.files.mkdir(dataDir);
    const flash = new FlashBudget(options.mode === 'memory' ? settings.caps.writesPerDay : null, () => host.mono());
    let spool: Spool | null = null;
    const journal = await Journal.open({
      directory: `${dataDir}/spool`,
      files: flash.counted(parts.journalFiles),
      maySpill: (bytes) => flash.allows(bytes),
      chains: DATA_CLASSES.map((name, rank) => ({
        name,
        rank,
        policy: CAP_POLICY[name],
        maxAgeMs: options.maxAgeMs?.[name] ?? 0,
        readers: [READER],
      })),
      now: host.now,
      crc32: host.crc32,
      timer: (run, ms) => {
        const timer = host.timer(run, ms);
        return () => host.cancel(timer);
      },
      segmentBytes: options.segmentBytes,
      maxBytes: options.maxBytes,
      lingerMs: options.lingerMs,
      mode: options.mode,
      onDrop: (drop: DropRecord) => {
        spool?.checkpoint();
        spool?.declareDrop(drop, journal.start(drop.chain));
      },
      onDamage: (damage) => host.log('error', 'a part of the spool is damaged and passed over', { ...damage }),
    });
    const boot = beginBoot(host, `${dataDir}/boot`);
    spool = await Spool.open(host, journal, boot);
    const durable = options.mode === 'disk';
    const definitions = new Definitions(host, `${dataDir}/definitions`, journal.end('metric'), durable);
    const collector = new Collector(settings, parts, spool, definitions, flash);
    host.log('info', 'the collector runs', {
      name: settings.name,
      boot: boot.id,
      queued_frames: DATA_CLASSES.reduce((sum, name) => sum + collector.sender.queued(name).frames, 0),
      interval_ms: settings.intervalMs,
      log_patterns: settings.logs.reduce((sum, rule) => sum + rule.paths.length, 0),
    });
    collector.caps.start();
    collector.sampler.start();
    collector.#tail?.start();
    const positions = spool.progress.positions();
    for (const source of collector.#lineSources) {
      const own = positions.filter((position) => sourceOf(position) === source.name);
      source.start(collector.#logs, own);
    }
    collector.link.start();
    return collector;
  }

  /** Counts lines for the ledger that were taken of somebody and are not sent. */
  leftOut(dataClass: DataClass, reason: string, lines: number): void {
    this.#lost(dataClass, reason, lines, 0);
  }

  /** Takes in what is gathered, tries for a short time to send what waits, says farewell, and closes the spool. */
  async close(): Promise<void> {
    this.caps.stop();
    this.#tail?.stop();
    this.sampler.stop();
    for (const source of this.#lineSources) await source.stop();
    this.#logs.stop();
    await new Promise<void>((resolve) => this.pushed.whenSpooled(resolve));
    this.#machine.stop();
    this.desired.stop();
    await new Promise<void>((resolve) => this.#whenSpooled(resolve));
    await new Promise<void>((resolve) => this.#drain(this.#host.mono() + this.settings.closeMs, resolve));
    if (this.#uplink !== null) {
      await new Promise<void>((resolve) => {
        const timer = this.#host.timer(resolve, 1000);
        this.#publishStatus('down', () => {
          this.#host.cancel(timer);
          resolve();
        });
      });
    }
    this.#stopStatus();
    await new Promise<void>((resolve) => this.link.stop(resolve));
    this.sender.close();
    this.#definitions.flush();
    this.spool.checkpoint();
    await this.spool.journal.close();
  }

  #whenSpooled(done: () => void): void {
    let left = DATA_CLASSES.length;
    for (const name of DATA_CLASSES) {
      this.spool.afterWaiting(name, () => {
        if (--left === 0) done();
      });
    }
  }

  #drain(deadline: number, done: () => void): void {
    const empty = DATA_CLASSES.every((name) => this.sender.queued(name).frames === 0);
    if (empty || !this.link.isOpen || this.#host.mono() >= deadline) done();
    else this.#host.timer(() => this.#drain(deadline, done), 20);
  }

  #opened(uplink: Uplink, connection: string): void {
    this.#uplink = uplink;
    this.#connection = connection;
    this.#publishStatus('up');
    this.sender.open(uplink);
    this.#scheduleStatus();
  }

  /** Nothing more is sent here but where the host is from now on, so that the relay calls nobody dead. */
  #leaving(to: RelayAddress): void {
    this.sender.close();
    this.#stopStatus();
    const moved = { ...this.status('down'), movedTo: addressText(to) };
    this.#uplink?.publish(
      topicOf(this.settings.name, 'status'),
      encodeStatus(moved),
      { retain: true },
      () => undefined,
    );
    this.#uplink = null;
  }

  #closed(): void {
    this.#uplink = null;
    this.sender.close();
    this.#stopStatus();
  }

  #scheduleStatus(): void {
    this.#statusTimer = this.#host.timer(() => {
      for (const name of DATA_CLASSES) this.spool.declareLost(name);
      this.#publishStatus('up');
      this.#scheduleStatus();
    }, this.settings.statusMs);
  }

  #stopStatus(): void {
    if (this.#statusTimer !== null) this.#host.cancel(this.#statusTimer);
    this.#statusTimer = null;
  }

  #message(topic: string, payload: Uint8Array): void {
    if (topic.endsWith('/desired')) {
      this.desired.take(payload);
      const { refused } = this.desired;
      if (refused !== null) this.#host.log('warn', 'the desired configuration is not taken', { error: refused });
      this.#publishStatus('up');
      return;
    }
    try {
      const control = decodeControl(payload);
      if (control.time !== undefined) {
        this.#clock?.heard(control.time);
        this.#skewMs = control.time - this.#host.now();
        this.desired.skew(this.#skewMs);
      }
      this.sender.control(control);
      if (control.comeBackAfterMs !== undefined) this.link.comeBackAfter(control.comeBackAfterMs, control.servesMs);
    } catch (error) {
      this.#host.log('warn', 'a control message cannot be understood', { error: String(error) });
    }
  }

  #publishStatus(state: 'up' | 'down', done: () => void = () => undefined): void {
    const payload = encodeStatus(this.status(state));
    this.#uplink?.publish(topicOf(this.settings.name, 'status'), payload, { retain: true }, () => done());
  }

  #about(connection: string): Pick<Status, 'connection' | 'boot' | 'time' | 'version' | 'profile'> {
    return {
      connection,
      boot: this.spool.boot.id,
      time: this.#host.now(),
      version: this.#host.info.version,
      profile: this.settings.profile,
    };
  }

  /** How far the clock here is ahead of the relay's, ms; NaN before a relay has said its time. */
  get clockAheadMs(): number {
    return -this.#skewMs;
  }

  /** What it says of itself. */
  status(state: 'up' | 'down'): Status {
    const { desired, sampler } = this;
    const tail = this.#tail?.stats;
    return {
      ...this.#about(this.#connection),
      state,
      series: sampler.series + this.pushed.series,
      classes: classStatus(this.spool, this.sender),
      ledger: collectorLedger(this.settings.name, this.#host.now(), this.spool, this.#unspooled),
      sources: {
        collection: {
          failed: sampler.failedSources,
          ms: Math.round(sampler.lastDurationMs),
          collections: sampler.collections,
        },
        desired: {
          levels: desired.current?.levels ?? {},
          until: desired.current?.until ?? null,
          refused: desired.refused,
          wishes: desired.wishes,
        },
        ...(tail === undefined ? {} : { logs: { ...tail, ...this.lines.stats } }),
        ...Object.fromEntries(this.#lineSources.map((source) => [source.name, source.figures()])),
      },
    };
  }

  /** Whose figures are the collector's own. */
  #ownParts(): OwnParts {
    const { spool, sender, link, sampler, caps, pushed, lines } = this;
    return {
      ...{ spool, sender, link, sampler, caps, pushed, lines },
      host: this.#host,
      tail: this.#tail,
      lineSources: this.#lineSources,
      mask: this.#mask,
      relabel: this.#relabel,
      routes: this.#routes,
      capped: this.#capped,
      unspooled: this.#unspooled,
      clock: this.#clock,
      skewMs: this.#skewMs,
    };
  }

  #lost(dataClass: DataClass, reason: string, items: number, frames = 1): void {
    const key = `${dataClass}:${reason}`;
    const lost = this.#unspooled.get(key) ?? { dataClass, reason, frames: 0, items: 0 };
    lost.frames += frames;
    lost.items += items;
    this.#unspooled.set(key, lost);
    if (frames > 0 && lost.frames === 1)
      this.#host.log('error', 'samples do not get into the spool', { reason, samples: items });
  }
}
