import { DecodedDefinitions } from '../decoded-definitions.ts';
import { alertingRulesFile } from './followed-rules.ts';
import type { RulesLink } from './link.ts';
import { readerMetrics } from './metrics.ts';
import type { Rules, RulesParts } from './open.ts';
import { SampleFeed } from './sample-feed.ts';
import { SampleReader } from './sample-reader.ts';

const ROUND_MS = 100;
/** Pieces of the journal that are read in one round. */
const MOST_READS = 64;
/** Who evaluates may be behind by so many bytes of this worker's journal; then what comes is left out, so that the journal need not wait. */
const MOST_BEHIND = 32 * 1024 * 1024;

/**
 * The rules of a worker that evaluates none: it gives what it lets pass to the one that does.
 * @throws HeliographError HG_CONFIG_* for rules that are not good at the start
 */
export function openRulesFeed({ config, keep, clock, log, metrics }: RulesParts, link: RulesLink): Rules {
  const file = alertingRulesFile(config, log, metrics);
  const feed = new SampleFeed({ site: config.site, boot: keep.boot, send: (message) => link.send(message) });
  feed.setRules(file.load());
  const definitions = new DecodedDefinitions(keep.definitions);
  const reader = new SampleReader({
    journal: keep.journal,
    definitions,
    samples: feed,
    relay: config.name,
    clock,
    log,
  });
  readerMetrics(reader, metrics);
  metrics
    .gauge(
      'heliograph_relay_rules_fed_samples',
      'Samples since the start that workers had for the one that evaluates rules, by fate.',
    )
    .collect(() => Object.entries(feed.counts).map(([fate, count]) => [{ fate }, count]));
  link.hear((message) => feed.hear(message));
  const round = async () => {
    for (let reads = 0; reads < MOST_READS; reads++) {
      feed.skipping = !feed.room && reader.behind > MOST_BEHIND;
      if (!feed.room && !feed.skipping) return;
      if (!(await reader.step())) return;
    }
  };
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= round()
      .catch((error) => log.error('samples for rules do not come on; trying again', { error: String(error) }))
      .finally(() => {
        running = null;
      });
  }, ROUND_MS);
  return {
    status: () => null,
    sweep: () => {
      const fresh = file.changed();
      if (fresh) feed.setRules(fresh);
    },
    close: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
