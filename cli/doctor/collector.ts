import { join } from 'node:path';
import { addressText, type RelayAddress } from '../../collector/core/uplink/relay-turns.ts';
import { commonName } from '../../collector/node/certificate.ts';
import type { CollectorConfig } from '../../collector/node/config.ts';
import { openTunnel } from '../../collector/node/line/tunnel.ts';
import { type HttpProxy, proxyFor } from '../../collector/node/proxy.ts';
import { HeliographError } from '../../lib/errors.ts';
import { checkCertificate } from './certificate.ts';
import { type Check, fail } from './check.ts';
import { checkClockFloor } from './clock-floor.ts';
import { clockUnknown, left, mayLogIn, ownerCheck } from './common.ts';
import { checkCore } from './core-view.ts';
import { checkDisk } from './disk.ts';
import { checkFollowedLogs } from './followed-logs.ts';
import { checkHandshake } from './handshake.ts';
import { checkJournal } from './journals.ts';
import { loginAsCollector } from './login-collector.ts';
import { checkOwnReport, RUNTIME_FOLDER } from './own-report.ts';
import { probeRelay } from './probes.ts';
import type { TierQuestions } from './questions.ts';
import { checkRights } from './rights.ts';
import { checkSources } from './sources.ts';

/** What can be looked at on the machine of a collector. */
export async function checkCollector(config: CollectorConfig, questions: TierQuestions): Promise<Check[]> {
  const { now, core, login } = questions;
  const checks = [...checkClockFloor(now), ...checkCertificate(config.tls, 'collector', config.name ?? null, now)];
  const journal = await checkJournal('spool', join(config.dataDir, 'spool'), 'uplink', config.spool.maxBytes, now);
  checks.push(...journal.checks, ownerCheck('collector', journal));
  checks.push(...checkDisk(config.dataDir, [{ name: 'the spool', bytes: left(config.spool.maxBytes, journal) }]));
  checks.push(...checkRights(config.dataDir), ...checkFollowedLogs(config.logs), ...(await checkSources(config)));
  const report = journal.owner?.state === 'stopped' ? null : checkOwnReport(questions.runtime ?? RUNTIME_FOLDER, now);
  checks.push(...(report ?? []));
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
  else if (!login && !checks.some(({ what }) => what === 'clock')) checks.push(clockUnknown());
  return checks;
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
