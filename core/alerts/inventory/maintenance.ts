import { anyGlob } from '../../../lib/log-lines/name-glob.ts';
import type { MaintenanceWindow } from './config.ts';

const DAY_MS = 86_400_000;
/** The first of January 1970 was a Thursday. */
const FIRST_DAY = 3;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Whose silence is expected at a moment. */
export interface Excused {
  host(name: string): boolean;
  relay(name: string): boolean;
}

/** The windows of maintenance, with their patterns made ready. */
export class Maintenance {
  readonly #windows: readonly {
    readonly window: MaintenanceWindow;
    readonly host: (name: string) => boolean;
    readonly relay: (name: string) => boolean;
  }[];

  constructor(windows: readonly MaintenanceWindow[]) {
    this.#windows = windows.map((window) => ({
      window,
      host: anyGlob(window.hosts ?? []),
      relay: anyGlob(window.relays ?? []),
    }));
  }

  /** @param now ms since the epoch */
  at(now: number): Excused {
    const open = this.#windows.filter(({ window }) => isOpen(window, now));
    return {
      host: (name) => open.some((one) => one.host(name)),
      relay: (name) => open.some((one) => one.relay(name)),
    };
  }

  /** Those that are open, for people. */
  open(now: number): MaintenanceWindow[] {
    return this.#windows.flatMap(({ window }) => (isOpen(window, now) ? [window] : []));
  }
}

/** Whether a window is open: a daily one over midnight belongs to the day on which it starts. */
export function isOpen({ from, to, start, end, days }: MaintenanceWindow, now: number): boolean {
  if (from !== undefined && now < from) return false;
  if (to !== undefined && now >= to) return false;
  if (start === undefined || end === undefined) return true;
  const ofDay = now % DAY_MS;
  const begins = (day: number) => days.includes(DAYS[(day + FIRST_DAY) % 7] as (typeof days)[number]);
  const today = Math.floor(now / DAY_MS);
  if (start < end) return ofDay >= start && ofDay < end && begins(today);
  return (ofDay >= start && begins(today)) || (ofDay < end && begins(today - 1));
}
