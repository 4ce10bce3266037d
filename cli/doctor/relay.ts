import { join } from 'node:path';
import { addressText } from '../../collector/core/uplink/relay-turns.ts';
import type { RelayConfig } from '../../relay/config.ts';
import { workersWithFolder } from '../../relay/workers/left-folders.ts';
import { roomOfLeft, roomsOf } from '../../relay/workers/rooms.ts';
import { folderOf } from '../../relay/workers/share.ts';
import { checkCertificate } from './certificate.ts';
import type { Check } from './check.ts';
import { clockUnknown, mayLogIn, ownerCheck } from './common.ts';
import { checkCore } from './core-view.ts';
import { checkDisk } from './disk.ts';
import { checkHandshake } from './handshake.ts';
import { checkJournal } from './journals.ts';
import { loginAsRelay } from './login-relay.ts';
import { checkRelayMetrics } from './own-metrics.ts';
import { probeCore } from './probes.ts';
import type { TierQuestions } from './questions.ts';

/** What can be looked at on the machine of a relay. */
export async function checkRelay(config: RelayConfig, questions: TierQuestions): Promise<Check[]> {
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
