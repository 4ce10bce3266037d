/** What a device says of its own life. NaN: it does not say. */
export interface Life {
  /** sysUpTime: hundredths of a second, begins again at zero after 497 days. */
  readonly ticks: number;
  /** snmpEngineBoots and snmpEngineTime (seconds) of RFC 3411. */
  readonly boots: number;
  readonly engineSeconds: number;
  /** When it was asked, monotonic ms. */
  readonly at: number;
}

const TICKS = 2 ** 32;
/** Clocks of devices are cheap, and an answer may have waited. */
const SLACK_SECONDS = 60;
const SLACK_SHARE = 0.05;

/**
 * Whether the device restarted between two answers. sysUpTime falls at a restart and after 497 days: it is a wrap where it came out where it had to, by our clock or by the
 * engine's. A restart between two far-apart polls shows as a sysUpTime that is less than it must be.
 */
export function restarted(before: Life, now: Life): boolean {
  if (now.boots > before.boots || now.boots < before.boots) return true;
  if (Number.isNaN(before.ticks) || Number.isNaN(now.ticks)) return false;
  const elapsed = Math.max(0, now.at - before.at) / 1000;
  // The engine went on: whatever sysUpTime did, nothing restarted (an agent of several parts may restart one that counts nothing).
  const slack = SLACK_SECONDS + elapsed * SLACK_SHARE;
  const engineWent = now.engineSeconds - before.engineSeconds;
  if (now.boots === before.boots && Math.abs(engineWent - elapsed) <= slack) return false;
  const expected = before.ticks / 100 + elapsed;
  const range = TICKS / 100;
  // Once round or more, where the time between two polls is that long.
  const away = (((now.ticks / 100 - expected) % range) + range) % range;
  return Math.min(away, range - away) > slack;
}
