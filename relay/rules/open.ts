import { join } from 'node:path';
import { postJson } from '../../lib/alerts/post.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import type { Logger } from '../../lib/log.ts';
import type { Registry } from '../../lib/metrics.ts';
import type { RelayConfig } from '../config.ts';
import { DecodedDefinitions } from '../decoded-definitions.ts';
import type { OwnEvents } from '../own-events.ts';
import type { OwnMetricsParts } from '../own-metrics.ts';
import type { Presence } from '../presence.ts';
import { FORWARD_READER } from '../sequence-memory.ts';
import type { Sessions } from '../sessions.ts';
import type { RulesState } from '../status/contract.ts';
import type { Upstream } from '../upstream.ts';
import { AlertBook } from './alert-book.ts';
import { Alerting } from './alerting.ts';
import { FedSamples } from './fed-samples.ts';
import { alertingRulesFile } from './followed-rules.ts';
import { HandOver } from './hand-over.ts';
import { KnownHosts } from './known-hosts.ts';
import type { RulesLink } from './link.ts';
import { rulesMetrics } from './metrics.ts';
import { Notifier } from './notifier.ts';
import { receiversOf } from './receiver.ts';
import { RecentSamples } from './recent-samples.ts';
import { rulesState } from './rules-state.ts';
import { SampleReader } from './sample-reader.ts';
import { StateFile } from './state-file.ts';
import { ToldHosts } from './told-hosts.ts';

const ROUND_MS = 250;

/** The alerting rules of a relay, while it is up. */
export interface Rules {
  /** Null: another worker evaluates. */
  status(): RulesState | null;
  /** Looks whether the rules changed. Called now and then. */
  sweep(): void;
  /** Stops, and writes down the state. */
  close(): Promise<void>;
}

/** What rules are made of. */
export interface RulesParts {
  /** With `rules`. */
  readonly config: RelayConfig;
  /** What is kept here anyway. */
  readonly keep: OwnMetricsParts;
  readonly events: OwnEvents;
  readonly sessions: Sessions;
  readonly presence: Presence;
  readonly upstream: Upstream;
  readonly files: JournalFiles;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Registry;
}

/**
 * Puts the rules together and starts them.
 * @param link to the other workers of the relay; null: it is one process
 * @throws HeliographError HG_CONFIG_* for rules that are not good at the start
 */
export async function openRules(options: RulesParts, link: RulesLink | null): Promise<Rules> {
  const { config, keep, events, sessions, presence, upstream, files, clock, random, log, metrics } = options;
  const settings = config.rules!;
  const { journal } = keep;
  const file = alertingRulesFile(config, log, metrics);
  const rules = file.load();
  const told = link && new ToldHosts();
  const hosts = new KnownHosts({
    expected: settings.expectHosts,
    forgetMs: settings.forgetHosts,
    site: config.site,
    ...(told
      ? {
          connected: () => told.connected(),
          doubtful: (host) => told.is(host, 'doubtful'),
          moved: (host) => told.is(host, 'moved'),
        }
      : {
          connected: () => sessions.all(),
          doubtful: (host) => presence.isUnsure(host),
          moved: (host) => presence.isElsewhere(host),
        }),
  });
  const samples = new RecentSamples({
    site: config.site,
    hosts,
    lookbackMs: settings.lookback,
    mostSeries: settings.maxSeries,
  });
  const definitions = new DecodedDefinitions(keep.definitions);
  const reader = new SampleReader({ journal, definitions, samples, relay: config.name, clock, log });
  const book = new AlertBook();
  const receivers = receiversOf(settings.notify);
  const forwarded = journal.reader('alert', FORWARD_READER);
  let away: number | null = clock.mono();
  const awaySince = () => {
    if (upstream.state.open) away = null;
    else away ??= clock.mono();
    return away;
  };
  const changed = () => alerting.touch();
  const handOver = new HandOver(
    {
      events,
      relay: config.name,
      end: () => journal.end('alert'),
      acknowledged: () => forwarded.floor(),
      awaySince,
      afterMs: settings.notify.after,
      receivers: receivers.length > 0,
      changed,
    },
    clock.mono(),
  );
  const notifiers = receivers.map(
    (receiver) => new Notifier({ receiver, relay: config.name, post: postJson, random, log, changed }),
  );
  const alerting = new Alerting({
    samples,
    reader,
    hosts,
    book,
    handOver,
    notifiers,
    state: new StateFile(files, join(config.dataDir, 'rules.state'), log),
    clock,
    everyMs: settings.evaluateEvery,
    lookbackMs: settings.lookback,
    ready: () => told?.whole ?? true,
    graceMs: settings.restartGrace,
    log,
  });
  await alerting.restore();
  alerting.setRules(rules);
  const fed = new FedSamples((host, section) => samples.take(host, section, clock.now()));
  const parts = { alerting, book, samples, reader, hosts, handOver, notifiers, fed };
  rulesMetrics(parts, metrics);
  link?.hear((message) => {
    if (message.kind === 'hosts') told!.take(message);
    else if (message.kind === 'fed') {
      const { worker, fed: what } = message;
      fed.take(worker, what);
      link.send({ kind: 'taken', worker, boot: what.boot, number: what.number });
    }
  });
  const timer = setInterval(() => {
    // Also between rounds that take long: a core that was away for a moment is one that was away.
    awaySince();
    void alerting.step();
  }, ROUND_MS);
  return {
    status: () => rulesState(parts, file.trouble),
    sweep: () => {
      const fresh = file.changed();
      if (fresh) alerting.setRules(fresh);
    },
    close: async () => {
      clearInterval(timer);
      await alerting.close();
    },
  };
}
