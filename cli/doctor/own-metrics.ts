import { hostPort } from '../../lib/host-port.ts';
import { spanText } from '../terminal/text.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Counters of a relay that say what goes wrong, each with what to do. */
const TROUBLE: readonly (readonly [RegExp, string, string])[] = [
  [/^heliograph_relay_journal_trouble\{kind="disk-errors"\}/, "errors of the journal's disk", 'see the log and dmesg'],
  [
    /^heliograph_relay_journal_trouble\{kind="pushed-back"\}/,
    'frames pushed back because the journal is full',
    'the core is away or too slow, or journal.maxBytes too small',
  ],
  [
    /^heliograph_relay_journal_trouble\{kind="damaged-bytes"\}/,
    'damaged bytes in the journal',
    'heliograph journal verify DIR',
  ],
  [
    /^heliograph_relay_blocks_refused_total\{.*final="true"/,
    'blocks that the core refused for good',
    'see dead-letters in dataDir and the log of the core',
  ],
  [
    /^heliograph_relay_lost_frames_total/,
    'frames that never came and were not declared dropped',
    'heliograph ledger --audit names them',
  ],
  [
    /^heliograph_relay_connections_refused_total\{reason="(?:certificate|revoked|expired)"/,
    'connections refused for their certificate',
    'the log says whose; issue those anew',
  ],
  [
    /^heliograph_relay_handshakes_refused_total\{reason="handshake"\}/,
    'TLS handshakes that failed',
    'the log says why; another authority, or no TLS at all',
  ],
];

/** A running relay by what it says of itself. */
export async function checkRelayMetrics(at: { host: string; port: number }, runs: boolean): Promise<Check[]> {
  const url = `http://${hostPort(at)}`;
  let text: string;
  try {
    text = await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
  } catch {
    if (!runs)
      return [warn('relay', `it does not run: nothing answers at ${url}`, 'start it: heliograph relay --config FILE')];
    return [fail('relay', `it runs, but ${url} does not answer`, 'it hangs or starts still; see its log')];
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const value = (pattern: RegExp) =>
    lines
      .filter((line) => pattern.test(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  const checks: Check[] = [];
  const connections = value(/^heliograph_relay_connections /);
  if (value(/^heliograph_relay_core_connected /) === 1)
    checks.push(ok('relay', `connected to a core; ${connections} collectors connected`));
  else
    checks.push(
      fail(
        'relay',
        `not connected to any core; ${connections} collectors connected`,
        'see the cores below; nothing is lost, the journal keeps it',
      ),
    );
  for (const [pattern, found, fix] of TROUBLE) {
    const count = value(pattern);
    if (count > 0) checks.push(warn('relay', `since its start: ${count} ${found}`, fix));
  }
  return checks;
}

/** Two clocks, ms. */
export function checkClock(against: string, ours: number, theirs: number, toleranceMs: number): Check {
  const skew = ours - theirs;
  const found = `${spanText(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead of'} ${against}`;
  if (Math.abs(skew) <= toleranceMs) return ok('clock', `within ${spanText(toleranceMs)} of ${against}`);
  const fix = 'let NTP keep both clocks: timedatectl set-ntp true';
  return Math.abs(skew) > 60_000 ? fail('clock', found, fix) : warn('clock', found, fix);
}
