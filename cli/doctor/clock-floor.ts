import { type Check, fail } from './check.ts';

/** Nothing of this project is older. */
const FLOOR = Date.UTC(2026, 0, 1);

/** A machine without a clock of its own begins at 1970, or at the date of its image. */
export function checkClockFloor(now: number): Check[] {
  if (now >= FLOOR) return [];
  const found = `the clock says ${new Date(now).toISOString()}: it was never set since the start of the machine`;
  return [
    fail(
      'clock',
      found,
      'let NTP set it: timedatectl set-ntp true (OpenWrt: /etc/init.d/sysntpd enable); TLS needs it',
    ),
  ];
}
