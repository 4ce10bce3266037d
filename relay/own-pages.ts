import type { Clock } from '../lib/clock.ts';
import type { Journal } from '../lib/journal/journal.ts';
import { sumOfAmounts } from '../lib/ledger.ts';
import type { Registry } from '../lib/metrics.ts';
import type { DataClass } from '../proto/class.ts';
import { accountMetrics, drawLedger, ledgerOfHosts, rangesOfHosts } from './account.ts';
import type { RelayConfig } from './config.ts';
import type { DefinitionStore } from './definitions.ts';
import type { Door } from './door.ts';
import type { RelayDoors } from './doors/open.ts';
import { json, jsonText, metricsText, type Pages } from './http.ts';
import type { RelayLimits } from './limits/open.ts';
import { seriesPages } from './limits/series-pages.ts';
import type { RelayPart } from './part.ts';
import type { Pressure } from './pressure.ts';
import type { Rollups } from './rollup/open.ts';
import type { Rules } from './rules/open.ts';
import type { SequenceMemory } from './sequence-memory.ts';
import type { Sequences } from './sequences.ts';
import type { Sessions } from './sessions.ts';
import type { Shaping } from './shape/open.ts';
import { HostLook } from './status/host-look.ts';
import { CERTIFICATE_MS } from './status/host-totals.ts';
import { processStatus } from './status/process-status.ts';
import { statusMetrics } from './status/status-metrics.ts';
import { statusPages } from './status/status-pages.ts';
import { type StatusQuery, statusQuery } from './status/status-query.ts';
import { factsOf, wholeStatus } from './status/whole-status.ts';
import type { Upstream } from './upstream.ts';

/** What a process of a relay says of itself. */
export interface OwnPages {
  readonly pages: Pages;
  close(): void;
}

/** Metrics, account, ranges and status, for the relay's HTTP port; of a worker, for its supervisor. */
export function ownPages(parts: {
  config: RelayConfig;
  /** Where there are several workers. */
  part: RelayPart | null;
  journal: Journal;
  memories: Readonly<Record<DataClass, SequenceMemory>>;
  sequences: Readonly<Record<DataClass, Sequences>>;
  definitions: DefinitionStore;
  sessions: Sessions;
  pressure: Pressure;
  upstream: Upstream;
  /** Null: no door for collectors. */
  door: Door | null;
  rollups: Rollups | null;
  /** Null: series are not counted. */
  limits: RelayLimits | null;
  shaping: Shaping | null;
  rules: Rules | null;
  doors: RelayDoors | null;
  clock: Clock;
  metrics: Registry;
}): OwnPages {
  const { config, part, journal, memories, sequences, definitions, sessions, pressure } = parts;
  const { upstream, door, rollups, limits, shaping, rules, doors, clock, metrics } = parts;
  const now = () => clock.now();
  metrics.gauge('heliograph_relay_connections', 'Collectors connected now.').collect(() => [[{}, sessions.size]]);
  metrics.gauge('heliograph_relay_definitions', 'Definitions kept.').collect(() => [[{}, definitions.index.size]]);
  accountMetrics(journal, config.journal.maxBytes, metrics);
  const bounds = { skewMs: config.clockSkew, certificateMs: CERTIFICATE_MS };
  const shown = {
    journal,
    maxBytes: config.journal.maxBytes,
    definitions: definitions.index,
    forwarders: upstream.forwarders,
    pressure,
    upstream: () => upstream.state,
    certificate: config.tls.cert,
  };
  statusMetrics({ ...shown, ...bounds, sessions, now }, metrics);
  const worker = part?.worker ?? 0;
  const hostLook = new HostLook({
    sessions,
    sequences,
    total: () => sumOfAmounts(drawLedger(journal, '', 0).entries.map((entry) => entry.in)),
    worker,
    mono: () => clock.mono(),
    now,
    ...bounds,
  });
  const ownStatus = (query: StatusQuery) =>
    processStatus(
      {
        ...shown,
        worker,
        hosts: hostLook,
        handshakes: () => door?.handshakes() ?? null,
        draining: () => door?.draining ?? false,
        denyListTrouble: () => door?.gate.denyListTrouble ?? null,
        rollupTroubles: () => rollups?.troubles(upstream.state) ?? [],
        limits,
        shapeTroubles: () => shaping?.troubles() ?? [],
        rules: () => rules?.status() ?? null,
        doors: () => doors?.clients.rows() ?? null,
      },
      query,
    );
  const pages: Pages = {
    '/metrics': () => metricsText(metrics.render()),
    '/healthz': () => {
      const draining = door?.draining ?? false;
      const health = { status: draining ? 'draining' : 'ok', core: upstream.state.open, connections: sessions.size };
      // A balancer is to send nobody here.
      return { ...json(health), ...(draining && !part && { status: 503 }) };
    },
    '/ledger.json': () => json(drawLedger(journal, config.name, now())),
    '/ledger.json?hosts=1': async () =>
      jsonText(await ledgerOfHosts(drawLedger(journal, config.name, now()), memories)),
    '/ranges.json': async () => jsonText(await rangesOfHosts(config.name, memories)),
    ...seriesPages(limits, part !== null),
    ...(part
      ? { '/status-part.json?': async (parameters) => json(await ownStatus(statusQuery(parameters))) }
      : statusPages(async (query) => wholeStatus(factsOf(config, now()), query, [await ownStatus(query)]))),
  };
  return { pages, close: () => hostLook.close() };
}
