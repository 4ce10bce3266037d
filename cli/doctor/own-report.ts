import { type OwnReport, readReport } from '../../collector/node/own-report.ts';
import { loadProfile } from '../../collector/node/profile/load.ts';
import { bytesText, printable, spanText } from '../terminal/text.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { checkClock } from './own-metrics.ts';

const DAY_SECONDS = 86_400;
/** Longer ago, an error is over. */
const RECENT_MS = 300_000;
/** A report older than this is of a collector that hangs or was killed. */
const OLD_MS = 60_000;
const CLOCK_TOLERANCE_MS = 2000;
/** The first minutes write more than all others: a start is no measure of a day. */
const MEASURED_SECONDS = 1800;
/** Where a package has it. */
export const RUNTIME_FOLDER = '/run/heliograph-collector';

/**
 * What the running collector tells of itself: clock, memory and flash against the caps of its profile, the last error of each source.
 * @returns null where there is no report: started by hand, or stopped
 */
export function checkOwnReport(folder: string, now: number): Check[] | null {
  const report = readReport(folder);
  if (report === null) return null;
  const age = now - report.time;
  if (age > OLD_MS) {
    const found = `the collector last told of itself ${spanText(age)} ago (process ${report.pid})`;
    return [warn('report', found, 'it hangs, or was killed: see its log (journalctl -u heliograph-collector)')];
  }
  return [...checkClocks(report), ...checkCaps(report), ...checkErrors(report, now)];
}

function checkClocks({ clockAheadMs, time }: OwnReport): Check[] {
  if (clockAheadMs === null) return [];
  return [checkClock("the relay's clock", time, time - clockAheadMs, CLOCK_TOLERANCE_MS)];
}

function checkCaps(report: OwnReport): Check[] {
  let caps: ReturnType<typeof loadProfile>['caps'];
  try {
    ({ caps } = loadProfile(report.profile));
  } catch {
    // A profile of the user's own is known by its path only.
    return [];
  }
  const { residentBytes, writtenBytes, uptimeSeconds } = report;
  const memory = `${bytesText(residentBytes)} resident of the ${bytesText(caps.memory)} that ${report.profile} allows`;
  const checks = [
    residentBytes <= caps.memory
      ? ok('memory', memory)
      : warn('memory', memory, 'take off series or logs, or a profile with more (profile: in the configuration)'),
  ];
  if (writtenBytes === null || caps.flashWritesPerDay === 'none') return checks;
  const daily = (writtenBytes / Math.max(uptimeSeconds, MEASURED_SECONDS)) * DAY_SECONDS;
  const flash = `${bytesText(writtenBytes)} written to flash in ${spanText(uptimeSeconds * 1000)}; ${bytesText(caps.flashWritesPerDay)} a day are allowed`;
  checks.push(
    uptimeSeconds < MEASURED_SECONDS || daily <= caps.flashWritesPerDay
      ? ok('flash', flash)
      : warn(
          'flash',
          `${flash}, and this is ${bytesText(daily)} a day`,
          'is a relay away? Else fewer lines: a higher level in logs, or log routes',
        ),
  );
  return checks;
}

function checkErrors({ errors, uptimeSeconds }: OwnReport, now: number): Check[] {
  if (errors.length === 0) return [ok('errors', `none since its start ${spanText(uptimeSeconds * 1000)} ago`)];
  return errors.toReversed().map(({ level, message, about, detail, count, last }) => {
    const what = about === '' ? 'last error' : printable(about).slice(0, 60);
    const found = `${spanText(Math.max(0, now - last))} ago${count > 1 ? `, ${count} times` : ''} (${level}): ${printable(`${message} ${detail}`).slice(0, 300)}`;
    if (now - last > RECENT_MS) return ok(what, `${found}; not since`);
    const fix = 'the message names the file or the other end; docs/errors.md has the codes';
    return level === 'error' ? fail(what, found, fix) : warn(what, found, fix);
  });
}
