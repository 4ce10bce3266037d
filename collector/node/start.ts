import { LogRoutes } from '../../lib/log-lines/routes.ts';
import { MaskStage } from '../../lib/mask/mask.ts';
import { nodeMasks } from '../../lib/mask/node-masks.ts';
import { nodeFiles as journalFiles } from '../../lib/node-files.ts';
import { ownFolder } from '../../lib/own-folder.ts';
import { Collector, type CollectorParts } from '../core/collector.ts';
import type { Host, LogLevel, Uplink } from '../core/host.ts';
import type { CollectorSettings } from '../core/settings.ts';
import type { Source } from '../core/sources/source.ts';
import { addressText } from '../core/uplink/relay-turns.ts';
import { commonName } from './certificate.ts';
import type { CollectorConfig } from './config.ts';
import { consoleLog, createNodeHost } from './host.ts';
import { machineSources } from './machine-sources.ts';
import { createMqttUplink } from './mqtt-uplink.ts';
import { type Environment, proxyFor } from './proxy.ts';
import { TlsSessions } from './tls-sessions.ts';

/** What a caller may put in the place of the machine's own. */
export interface CollectorDeps {
  /** Pino's form, as the other tiers have it; without it one line of JSON to standard error. */
  readonly log?: Readonly<Record<LogLevel, (message: string, facts?: Record<string, unknown>) => void>>;
  readonly host?: Host;
  readonly createUplink?: () => Uplink;
  readonly sources?: readonly Source[];
  /** Where a proxy may be named; this process's unless given. */
  readonly environment?: Environment;
}

export interface RunningCollector {
  readonly name: string;
  readonly collector: Collector;
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
  const folder = environment.RUNTIME_DIRECTORY;
  const reporting = folder ? { folder, ...(await selfReport()) } : null;
  const write = writerOf(deps.log);
  const host =
    deps.host ??
    createNodeHost({
      log: reporting
        ? (level, message, facts) => {
            reporting.errors.take(level, message, facts);
            write(level, message, facts);
          }
        : write,
    });
  const proxies = new Map(
    config.relays.map((relay) => [addressText(relay), proxyFor(relay, config.proxy, environment)]),
  );
  const letGo = ownFolder(config.dataDir);
  const sessions = new TlsSessions();
  try {
    const collector = await Collector.start(settingsOf(config, name), {
      host,
      journalFiles,
      createUplink:
        deps.createUplink ??
        (() => createMqttUplink(config.tls, sessions, (relay) => proxies.get(addressText(relay)) ?? null)),
      sources:
        deps.sources ??
        machineSources(config.root, {
          disabled: config.disabledSources,
          networkFilesystems: config.networkFilesystems,
        }),
      mask: new MaskStage(host, nodeMasks(config.mask)),
      ...(await relabelling(config)),
      routes: config.logRoutes.length === 0 ? null : new LogRoutes(config.logRoutes),
    });
    const stopReport = reporting?.reportItself(collector, reporting.errors, reporting.folder, host.now);
    return {
      name,
      collector,
      close: () => {
        stopReport?.();
        return collector.close().finally(letGo);
      },
    };
  } catch (error) {
    letGo();
    throw error;
  }
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

function settingsOf(config: CollectorConfig, name: string): CollectorSettings {
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
    keepAliveSeconds: Math.max(1, Math.round(config.keepAlive / 1000)),
    statusMs: config.statusInterval,
    logs: config.logs,
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
    closeMs: config.closeWait,
    zoneMinutes: -new Date().getTimezoneOffset(),
  };
}
