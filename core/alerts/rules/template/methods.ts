import { durationText, formatTime, monthOf, timeText, weekdayOf } from './times.ts';
import { FillTrouble } from './trouble.ts';
import { GoDuration, GoTime, type Value } from './values.ts';

type Method<T> = (receiver: T, args: readonly Value[]) => Value;

const ofDate =
  (read: (date: Date) => number | string): Method<GoTime> =>
  ({ ms }) => {
    const value = read(new Date(ms));
    return typeof value === 'number' ? BigInt(value) : value;
  };

const TIME: Readonly<Record<string, Method<GoTime>>> = {
  Year: ofDate((date) => date.getUTCFullYear()),
  Month: ofDate(monthOf),
  Day: ofDate((date) => date.getUTCDate()),
  Hour: ofDate((date) => date.getUTCHours()),
  Minute: ofDate((date) => date.getUTCMinutes()),
  Second: ofDate((date) => date.getUTCSeconds()),
  Weekday: ofDate(weekdayOf),
  YearDay: ofDate((date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1),
  Unix: ofDate((date) => Math.floor(date.getTime() / 1000)),
  UnixMilli: ofDate((date) => date.getTime()),
  UTC: (time) => time,
  String: timeText,
  Format: (time, [layout]) => {
    if (typeof layout !== 'string') throw new FillTrouble('wrong number of args for Format: want 1 got 0');
    return formatTime(time, layout);
  },
};

const DURATION: Readonly<Record<string, Method<GoDuration>>> = {
  Hours: ({ nanoseconds }) => Number(nanoseconds) / 3.6e12,
  Minutes: ({ nanoseconds }) => Number(nanoseconds) / 6e10,
  Seconds: ({ nanoseconds }) => Number(nanoseconds) / 1e9,
  Milliseconds: ({ nanoseconds }) => nanoseconds / 1_000_000n,
  Microseconds: ({ nanoseconds }) => nanoseconds / 1000n,
  Nanoseconds: ({ nanoseconds }) => nanoseconds,
  String: durationText,
};

/** A method that templates may call on a time or a duration; null: there is none. */
export function methodOf(receiver: Value, name: string): ((args: readonly Value[]) => Value) | null {
  if (receiver instanceof GoTime && Object.hasOwn(TIME, name)) return (args) => TIME[name]!(receiver, args);
  if (receiver instanceof GoDuration && Object.hasOwn(DURATION, name)) return (args) => DURATION[name]!(receiver, args);
  return null;
}
