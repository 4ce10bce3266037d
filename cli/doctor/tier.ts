import { join } from 'node:path';
import { addressText, type RelayAddress } from '../../collector/core/uplink/relay-turns.ts';
import { commonName } from '../../collector/node/certificate.ts';
import type { CollectorConfig } from '../../collector/node/config.ts';
import { openTunnel } from '../../collector/node/line/tunnel.ts';
import { type HttpProxy, proxyFor } from '../../collector/node/proxy.ts';
import type { CoreConfig } from '../../core/config.ts';
import { HeliographError } from '../../lib/errors.ts';
import type { RelayConfig } from '../../relay/config.ts';
import { workersWithFolder } from '../../relay/workers/left-folders.ts';
import { roomOfLeft, roomsOf } from '../../relay/workers/rooms.ts';
import { folderOf } from '../../relay/workers/share.ts';
import type { TierConfig } from '../tier-config.ts';
import { checkCertificate } from './certificate.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkCore } from './core-view.ts';
import { checkDisk } from './disk.ts';
import { checkFollowedLogs } from './followed-logs.ts';
import { checkHandshake } from './handshake.ts';
import { checkJournal, type JournalFacts } from './journals.ts';
import { loginAsCollector, loginAsRelay } from './login.ts';
import { checkRelayMetrics } from './own-metrics.ts';
import { probeCore, probeRelay } from './probes.ts';

export interface TierQuestions {
  readonly now: number;
  /** A core to compare clocks with, and to ask what it knows of this host. */
  readonly core: string | null;
  /** Log in as this tier itself, which must be stopped. */
  readonly login: boolean;
}

/** Everything that can be looked at on the machine of a tier. */
export function checkTier(tier: TierConfig, questions: TierQuestions): Promise<Check[]> {
  if (tier.tier === 'collector') return checkCollector(tier.config, questions);
  return tier.tier === 'relay' ? checkRelay(tier.config, questions) : checkCoreTier(tier.config, questions);
}

async function checkCollector(config: CollectorConfig, questions: TierQuestions): Promise<Check[]> {
  const { now, core, login } = questions;
  const checks = checkCertificate(config.tls, 'collector', config.name ?? null, now);
  const journal = await checkJournal('spool', join(config.dataDir, 'spool'), 'uplink', config.spool.maxBytes, now);
  checks.push(...journal.checks, ownerCheck('collector', journal));
  checks.push(...checkDisk(config.dataDir, [{ name: 'the spool', bytes: left(config.spool.maxBytes, journal) }]));
  checks.push(...checkFollowedLogs(config.logs));
  for (const relay of config.relays) {
    const what = `relay ${addressText(relay)}`;
    const proxy = proxyOf(relay, config);
    if (typeof proxy === 'string') {
      checks.push(fail(what, proxy, 'docs/errors.md says more of the code'));
      continue;
    }
    checks.push(
      await checkHandshake(what, relay, config.tls, {
        role: 'relay',
        probe: (socket) => probeRelay(what, socket),
        ...(proxy ? { tunnel: (signal: AbortSignal) => openTunnel(proxy, relay, signal) } : {}),
      }),
    );
    if (mayLogIn(checks, what, login, journal)) {
      checks.push(await loginAsCollector(what, relay, commonName(config.tls.cert, config.name), config.tls, proxy));
    }
  }
  if (core !== null) checks.push(...(await checkCore(core, nameOr(config))));
  else if (!login) checks.push(clockUnknown());
  return checks;
}

async function checkRelay(config: RelayConfig, questions: TierQuestions): Promise<Check[]> {
  const { now, core, login } = questions;
  const checks = checkCertificate(config.tls, 'relay', config.name, now);
  // Each worker has its share of the room.
  const rooms = roomsOf(config);
  const journal = await checkJournal('journal', join(config.dataDir, 'journal'), 'forward', rooms[0]!.journal, now);
  const definitions = await checkJournal('definitions', join(config.dataDir, 'definitions'), null, 0, now);
  checks.push(...journal.checks, ...definitions.checks, ownerCheck('relay', journal));
  let bytes = journal.bytes;
  for (const worker of workersWithFolder(config.dataDir).slice(1)) {
    const folder = folderOf(config.dataDir, worker);
    const what = `journal of worker ${worker}`;
    const room = rooms[worker] ?? roomOfLeft(config, worker);
    const facts = await checkJournal(what, join(folder, 'journal'), 'forward', room.journal, now);
    checks.push(...facts.checks);
    bytes += facts.bytes;
  }
  const room = Math.max(0, config.journal.maxBytes - bytes);
  checks.push(...checkDisk(config.dataDir, [{ name: 'the journal', bytes: room }]));
  checks.push(...(await checkRelayMetrics(config.http.listen, journal.owner?.state === 'running')));
  for (const address of config.cores) {
    const what = `core ${addressText(address)}`;
    const probe = {
      role: 'core',
      alpn: 'h2',
      probe: (socket: Parameters<typeof probeCore>[1]) => probeCore(what, socket),
    };
    checks.push(await checkHandshake(what, address, config.tls, probe));
    if (mayLogIn(checks, what, login, journal)) checks.push(await loginAsRelay(what, address, config));
  }
  if (core !== null) checks.push(...(await checkCore(core, null)));
  else if (!login) checks.push(clockUnknown());
  return checks;
}

async function checkCoreTier(config: CoreConfig, { now, core }: TierQuestions): Promise<Check[]> {
  const checks = checkCertificate(config.tls, 'core', null, now);
  const bus = await checkJournal('bus', join(config.dataDir, 'bus'), 'indexer', config.limits.busBytes, now);
  checks.push(...bus.checks, ownerCheck('core', bus));
  checks.push(...checkDisk(config.dataDir, [{ name: 'the bus', bytes: left(config.limits.busBytes, bus) }]));
  const { host, port } = config.http.listen;
  const own = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (core !== null || bus.owner?.state === 'running') checks.push(...(await checkCore(core ?? own, null)));
  return checks;
}

function ownerCheck(tier: string, { owner }: JournalFacts): Check {
  if (owner?.state === 'running') return ok('process', `the ${tier} runs, process ${owner.pid}`);
  if (owner?.state === 'unknown')
    return warn('process', `whether the ${tier} runs cannot be told: ${owner.why}`, 'run this as root');
  return warn('process', `no ${tier} runs on this folder`, `start it: heliograph ${tier} --config FILE`);
}

/** A log-in takes the place of whoever is logged in under the name. */
function mayLogIn(checks: Check[], what: string, login: boolean, { owner }: JournalFacts): boolean {
  if (!login || checks.at(-1)?.level === 'FAIL') return false;
  if (owner?.state !== 'running') return true;
  checks.push(
    warn(what, 'not logged in: this tier runs, and would be thrown out', 'stop it first, or leave --login away'),
  );
  return false;
}

function clockUnknown(): Check {
  const fix = 'give --core URL, or, while this tier is stopped, --login';
  return warn('clock', 'not compared with any other: a handshake does not tell the time', fix);
}

/** As the collector would choose it in our environment; or why none can be chosen. */
function proxyOf(relay: RelayAddress, { proxy }: CollectorConfig): HttpProxy | null | string {
  try {
    return proxyFor(relay, proxy, process.env);
  } catch (error) {
    if (error instanceof HeliographError) return error.message;
    throw error;
  }
}

function nameOr(config: CollectorConfig): string | null {
  try {
    return commonName(config.tls.cert, config.name);
  } catch {
    // The certificate's own check has said so.
    return config.name ?? null;
  }
}

function left(maxBytes: number, { bytes }: JournalFacts): number {
  return Math.max(0, maxBytes - bytes);
}

/** The whole of it went wrong: what stands here is what a person must know first. */
export function configCheck(message: string): Check {
  return fail('configuration', message, 'heliograph check-config FILE');
}
