import type { HostView } from '../../core/fleet/host.ts';
import { HeliographError } from '../../lib/errors.ts';
import { askCore, coreUrl } from '../core-client.ts';
import { many, printable, spanText } from '../terminal/text.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkClock } from './own-metrics.ts';

interface FleetAnswer {
  readonly time: number;
  readonly hosts: readonly HostView[];
  readonly relays: readonly { readonly relay: string; readonly software: string }[];
}

interface LedgerAnswer {
  readonly balanced: boolean;
  readonly words: readonly string[];
}

interface Freshness {
  readonly sentToQueryable: { readonly count: number; readonly p99: number | null };
  readonly sentToSearchable: { readonly count: number; readonly p99: number | null };
}

/** HTTP's Date has whole seconds. */
const CLOCK_TOLERANCE_MS = 2000;
const MOST_NAMED = 5;
const SKEW_MS = 30_000;

/** A core and what it knows of the fleet, asked from here. @param host look at this host in particular */
export async function checkCore(core: string, host: string | null): Promise<Check[]> {
  let fleet: FleetAnswer;
  const began = Date.now();
  try {
    fleet = (await askCore<FleetAnswer>(coreUrl(core, '/api/v1/fleet'), 10_000)).body;
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return [fail('core', error.message.replace(/^HG_\w+: /, ''), 'start it, or give its address with --core')];
  }
  const ours = (began + Date.now()) / 2;
  const checks = [ok('core', `${core} answers; ${many(fleet.hosts.length, 'host')} known`)];
  checks.push(checkClock(`the core's clock`, ours, fleet.time, CLOCK_TOLERANCE_MS), ...(await checkHealth(core)));
  if (host !== null) return [...checks, checkHost(fleet, host)];
  const { relays } = fleet;
  if (relays.length > 0)
    checks.push(
      ok('relays', `${many(relays.length, 'relay')} connected: ${relays.map(({ relay }) => relay).join(', ')}`),
    );
  else checks.push(fail('relays', 'none is connected', 'run "heliograph doctor --config relay.yaml" on a relay'));
  return [...checks, ...checkHosts(fleet), ...(await checkLedger(core)), ...(await checkFreshness(core))];
}

/** /healthz answers 503 with the same form when a part is ill. */
async function checkHealth(core: string): Promise<Check[]> {
  const answer = await fetch(coreUrl(core, '/healthz'), { signal: AbortSignal.timeout(10_000) });
  const { parts } = (await answer.json()) as { parts: readonly { part: string; well: boolean; why: string }[] };
  const ill = parts.filter(({ well }) => !well);
  if (ill.length === 0) return [ok('stores', `${parts.map(({ part }) => part).join(', ')}: well`)];
  return ill.map(({ part, why }) =>
    fail('stores', `${part}: ${printable(why)}`, "see the core's log; relays keep what it cannot take"),
  );
}

function checkHosts({ hosts, time }: FleetAnswer): Check[] {
  const checks: Check[] = [];
  const named = (list: readonly HostView[], text: (host: HostView) => string) =>
    list.slice(0, MOST_NAMED).map(text).join(', ') +
    (list.length > MOST_NAMED ? ` and ${list.length - MOST_NAMED} more` : '');
  const silent = hosts.filter(({ state }) => state !== 'connected');
  if (silent.length > 0) {
    const since = (host: HostView) =>
      `${printable(host.host)}${host.since ? ` for ${spanText(Math.max(0, time - host.since))}` : ''}`;
    checks.push(
      warn(
        'hosts',
        `${silent.length} of ${hosts.length} silent: ${named(silent, since)}`,
        'run "heliograph doctor --config collector.yaml" on them',
      ),
    );
  } else if (hosts.length > 0) checks.push(ok('hosts', `all ${hosts.length} are connected`));
  const skewed = hosts.filter(({ clockSkewMs }) => Math.abs(clockSkewMs) > SKEW_MS);
  if (skewed.length > 0) {
    const text = (host: HostView) => `${printable(host.host)} by ${spanText(Math.abs(host.clockSkewMs))}`;
    checks.push(
      warn('clock', `wrong at ${many(skewed.length, 'host')}: ${named(skewed, text)}`, 'let NTP keep their clocks'),
    );
  }
  return checks;
}

function checkHost({ hosts, time }: FleetAnswer, name: string): Check {
  const host = hosts.find((one) => one.host === name);
  const what = `host ${printable(name)}`;
  if (!host)
    return fail(what, 'the core has never heard of it', 'see the relays above; is this the core of that relay?');
  const skew = `its clock is ${spanText(Math.abs(host.clockSkewMs))} ${host.clockSkewMs < 0 ? 'behind' : 'ahead of'} the relay's`;
  if (Math.abs(host.clockSkewMs) > SKEW_MS) return fail(what, skew, 'let NTP keep it: timedatectl set-ntp true');
  if (host.state !== 'connected') {
    const since = host.since === null ? '' : ` for ${spanText(Math.max(0, time - host.since))}`;
    return fail(
      what,
      `the core has it as ${host.state}${since}: ${printable(host.reason)}`,
      'is the collector running? See the relays above',
    );
  }
  return ok(
    what,
    `connected through ${printable(host.relay ?? '?')}; ${skew}; ${many(host.backlog.frames, 'frame')} wait there`,
  );
}

async function checkLedger(core: string): Promise<Check[]> {
  const { body } = await askCore<LedgerAnswer>(coreUrl(core, '/api/v1/ledger'), 30_000);
  const words = printable(body.words.join(' ')).slice(0, 400);
  return [
    body.balanced ? ok('ledger', words) : warn('ledger', words, 'heliograph ledger --audit names what is missing'),
  ];
}

async function checkFreshness(core: string): Promise<Check[]> {
  const { body } = await askCore<Freshness>(coreUrl(core, '/api/v1/freshness'), 10_000);
  const { sentToQueryable: metrics, sentToSearchable: lines } = body;
  if (metrics.count + lines.count === 0)
    return [warn('freshness', 'nothing came in the last five minutes', 'see the relays')];
  const worst = Math.max(metrics.p99 ?? 0, lines.p99 ?? 0);
  const found = `99 of 100 metric frames are queryable within ${metrics.p99 ?? '-'} s, lines searchable within ${lines.p99 ?? '-'} s`;
  return [
    worst > 10 ? warn('freshness', found, 'the core is short of CPU or disk; see its metrics') : ok('freshness', found),
  ];
}
