import { systemClock } from '../../lib/clock.ts';
import { heapShare } from '../../lib/heap-share.ts';
import { LogRoutes } from '../../lib/log-lines/routes.ts';
import { masksOf } from '../../lib/mask/kinds.ts';
import { type Mask, MaskStage } from '../../lib/mask/mask.ts';
import { nodeCover } from '../../lib/mask/node-cover.ts';
import { nodeFiles as journalFiles } from '../../lib/node-files.ts';
import { ownFolder } from '../../lib/own-folder.ts';
import { Collector, type CollectorParts } from '../core/collector.ts';
import type { Host, LogLevel, Uplink } from '../core/host.ts';
import type { LineSource } from '../core/logs/line-source.ts';
import type { LogRule } from '../core/logs/log-rules.ts';
import type { CollectorSettings } from '../core/settings.ts';
import type { Source } from '../core/sources/source.ts';
import { addressText } from '../core/uplink/relay-turns.ts';
import { WallClock } from '../core/wall-clock.ts';
import { type Applications, openApplications } from './applications.ts';
import { commonName, grantedInstances } from './certificate.ts';
import type { CollectorConfig } from './config.ts';
import { consoleLog, createNodeHost } from './host.ts';
import { lineSourcesOf } from './logs/line-sources.ts';
import { logRulesOf } from './logs/log-rules.ts';
import { machineOptions, machineSources } from './machine-sources.ts';
import { createMqttUplink } from './mqtt-uplink.ts';
import { type Environment, proxyFor } from './proxy.ts';
import { runtimeFolder } from './runtime-folder.ts';
import { lazySnmp } from './snmp/lazy.ts';
import type { Snmp } from './snmp/snmp.ts';
import { TlsSessions } from './tls-sessions.ts';

/** What a caller may put in the place of the machine's own. */
export interface CollectorDeps {
  /** Pino's form, as the other tiers have it; without it one line of JSON to standard error. */
  readonly log?: Readonly<Record<LogLevel, (message: string, facts?: Record<string, unknown>) => void>>;
  readonly host?: Host;
  /** The clock behind a given host's `now`, where that machine may not know the time. */
  readonly clock?: WallClock;
  readonly createUplink?: () => Uplink;
  readonly sources?: readonly Source[];
  /** Where a proxy may be named; this process's unless given. */
  readonly environment?: Environment;
}

export interface RunningCollector {
  readonly name: string;
  readonly collector: Collector;
  /** Null: no devices are configured. */
  readonly snmp: Snmp | null;
  readonly applications: Applications;
  close(): Promise<void>;
}

/**
 * Starts the collector of this machine. It runs without a relay too: everything waits in the spool.
 * @throws HeliographError HG_CERT_FILE, HG_COLLECTOR_NAME, HG_PROXY_SETTING, HG_STORE_LOCKED, HG_COLLECTOR_DISK, HG_JOURNAL_DISK
 */
export async function startCollector(config: CollectorConfig, deps: CollectorDeps = {}): Promise<RunningCollector> {
  const name = commonName(config.tls.cert, config.name);
  const environment = deps.environment ?? process.env;
  // systemd's, or procd's script's: in memory. Whoever asks what is wrong finds the last errors there.
  const folder = runtimeFolder(environment.RUNTIME_DIRECTORY);
  const reporting = folder ? { folder, ...(await selfReport()) } : null;
  const write = writerOf(deps.log);
  const clock = new WallClock(systemClock.now, systemClock.mono);
  const plain =
    deps.host ??
    createNodeHost({
      now: () => clock.now(),
      log: reporting
        ? (level, message, facts) => {
            reporting.errors.take(level, message, facts);
            write(level, message, facts);
          }
        : write,
    });
  const host = await withWhatLogsNeed(config, plain);
  const proxies = new Map(
    config.relays.map((relay) => [addressText(relay), proxyFor(relay, config.proxy, environment)]),
  );
  const mask = new MaskStage(host, await masks(config.mask));
  const mayName = grantedInstances(config.tls.cert);
  const letGo = ownFolder(config.dataDir);
  const sessions = new TlsSessions();
  const devices = await lazySnmp(config.snmp);
  let lineSources: LineSource[] = [];
  try {
    lineSources = await lineSourcesOf(config, host);
    const collector = await Collector.start(settingsOf(config, name, await logRulesOf(config)), {
      host,
      ...(deps.host === undefined ? { clock } : deps.clock === undefined ? {} : { clock: deps.clock }),
      journalFiles,
      createUplink:
        deps.createUplink ??
        (() => createMqttUplink(config.tls, sessions, (relay) => proxies.get(addressText(relay)) ?? null)),
      sources: [
        ...(deps.sources ??
          (await machineSources(config.root, { ...machineOptions(config), mask: (text) => mask.text(text) }))),
        ...devices.sources,
      ],
      mask,
      mayName,
      ...(await relabelling(config)),
      ...(await containers(config, host)),
      lineSources,
      routes: config.logRoutes.length === 0 ? null : new LogRoutes(config.logRoutes),
    });
    const { pushed, spool } = collector;
    // What gives; what takes all of it is the collector.
    const giving: { close(): Promise<void> }[] = [];
    const close = async (): Promise<void> => {
      // First what gives, then what takes: all of it is in the spool in the end.
      for (const one of giving) await one.close();
      await collector.close();
    };
    try {
      const applications = await openApplications(config, { host, collector, mask });
      giving.push(applications);
      const snmp = await devices.start({ host, name, pushed, spool, mask: (text) => mask.text(text), mayName });
      giving.push(devices);
      giving.push({ close: await offerLevels(config, host, collector) });
      const stopReport = reporting?.reportItself(collector, reporting.errors, reporting.folder, host);
      giving.push({ close: async () => stopReport?.() });
      return { name, collector, applications, snmp, close: () => close().finally(letGo) };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    for (const source of lineSources) await source.stop();
    letGo();
    throw error;
  }
}

/** Rotated files may be packed; where none is followed nothing is loaded for it. */
async function withWhatLogsNeed(config: CollectorConfig, host: Host): Promise<Host> {
  if (config.logs.length === 0 && config.containers === undefined) return host;
  const { withPackedFiles } = await import('./packed-files.ts');
  return withPackedFiles(host);
}

/** Whose lines containers' logs hold, where some are followed. */
async function containers(config: CollectorConfig, host: Host): Promise<Pick<CollectorParts, 'originOf'>> {
  if (config.containers === undefined && config.logs.every(({ format }) => format !== 'container')) return {};
  const { containerOrigin } = await import('../core/logs/container-origin.ts');
  return { originOf: (path) => containerOrigin(host, path) };
}

/** What a collector under a service manager tells of itself; loaded where there is a place for it. */
async function selfReport() {
  const [{ OwnErrors }, { reportItself }] = await Promise.all([
    import('./own-report.ts'),
    import('./report-itself.ts'),
  ]);
  return { errors: new OwnErrors(Date.now), reportItself };
}

function writerOf(log: CollectorDeps['log']): Host['log'] {
  return log ? (level, message, facts) => log[level](message, facts) : consoleLog;
}

/** Rules of the operator's own need what reads their expressions, which takes more memory than all kinds. */
async function masks(config: CollectorConfig['mask']): Promise<Mask[]> {
  if (config.rules.length === 0) return masksOf(config.kinds, nodeCover(config));
  const { nodeMasks } = await import('../../lib/mask/node-masks.ts');
  return nodeMasks(config);
}

/** The rules made ready. What they need is loaded where there are some, and takes no memory where there are none. */
async function relabelling(config: CollectorConfig): Promise<Pick<CollectorParts, 'relabel'>> {
  if (config.relabel.length === 0 && config.relabelLogs.length === 0) return {};
  const [{ nodeRelabeler }, { SeriesRules }, { LineRules }] = await Promise.all([
    import('../../lib/relabel/node-relabeler.ts'),
    import('../core/sampling/series-rules.ts'),
    import('../core/logs/line-rules.ts'),
  ]);
  return {
    relabel: {
      series: config.relabel.length === 0 ? null : new SeriesRules(nodeRelabeler(config.relabel, 'metrics')),
      lines: config.relabelLogs.length === 0 ? null : new LineRules(nodeRelabeler(config.relabelLogs, 'logs')),
    },
  };
}

/** File and socket at which programs of this machine find the level that is wanted of them. @returns ends it */
async function offerLevels(
  { levels, logs }: CollectorConfig,
  host: Host,
  { desired }: Collector,
): Promise<() => Promise<void>> {
  if (levels === undefined) return async () => undefined;
  const [{ offerLevelFile }, { offerLevelSocket }] = await Promise.all([
    import('./levels/level-file.ts'),
    import('./levels/level-socket.ts'),
  ]);
  const services = [...levels.services, ...logs.flatMap(({ service }) => service ?? [])];
  const endFile = levels.file === undefined ? () => undefined : offerLevelFile(host, levels.file, desired, services);
  const endSocket = levels.socket === undefined ? null : await offerLevelSocket(host, levels.socket, desired);
  return async () => {
    endFile();
    await endSocket?.();
  };
}

function settingsOf(config: CollectorConfig, name: string, logs: readonly LogRule[]): CollectorSettings {
  const { spool, window, reconnect } = config;
  return {
    name,
    profile: config.profile ?? 'none',
    relays: config.relays,
    homecomingMs: config.homecoming,
    dataDir: config.dataDir,
    root: config.root,
    intervalMs: config.interval,
    phaseMs: config.phase ?? null,
    instantsPerFrame: config.instantsPerFrame,
    labels: config.labels,
    seriesLimit: config.seriesLimit,
    pushedSeriesLimit: heapShare(4000, config.pushedSeriesLimit),
    pushedCharacterLimit: heapShare(32, Number.POSITIVE_INFINITY),
    keepAliveSeconds: Math.max(1, Math.round(config.keepAlive / 1000)),
    statusMs: config.statusInterval,
    logs,
    logExclude: config.containers?.exclude ?? [],
    logLingerMs: config.logLinger,
    logBatchBytes: config.logBatchBytes,
    logPollMs: config.logPoll,
    spool: {
      maxBytes: spool.maxBytes,
      segmentBytes: spool.segmentBytes,
      lingerMs: spool.linger,
      mode: spool.mode,
      maxAgeMs: spool.maxAge,
    },
    window: { frames: window.frames, bytes: window.bytes, backfillShare: window.backfillShare, staleMs: window.stale },
    backOff: { baseMs: reconnect.base, capMs: reconnect.cap, provenAfterMs: reconnect.provenAfter },
    caps: {
      cpu: config.caps.cpu ?? null,
      memory: config.caps.memory ?? null,
      writesPerDay: config.caps.flashWritesPerDay ?? null,
    },
    closeMs: config.closeWait,
    zoneMinutes: -new Date().getTimezoneOffset(),
  };
}
