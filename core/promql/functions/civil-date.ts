/** A time in UTC, taken apart. */
export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 1 for the first of January. */
  readonly dayOfYear: number;
  /** 0 for Sunday. */
  readonly weekday: number;
  readonly daysInMonth: number;
  readonly hour: number;
  readonly minute: number;
}

const DAY = 86_400_000;
/** Beyond these seconds JavaScript has no dates. */
const MOST = 8.64e12;
/** Days of 400 years, after which the calendar repeats itself, weekdays too. */
const CYCLE = 146_097n;
/** Go counts from the first of March of this year, which lies as many cycles before 2000 as make it the first of one. */
const FIRST_YEAR = -292_277_022_400;
/** Seconds from there to 1970. */
const TO_EPOCH = 62_135_596_800n + ((292_277_022_400n * 3_652_425n) / 10_000n + 306n) * 86_400n;
const LEAST = -(2n ** 63n);

/** The date of seconds since the epoch, cut to whole ones. NaN and what no 64 bits hold is what Go on amd64 makes of it. */
export function civilDate(seconds: number): CivilDate {
  if (Math.abs(seconds) < MOST) return dateOf(Math.trunc(seconds) * 1000, 0);
  const fits = Math.abs(seconds) < 2 ** 63;
  const whole = fits ? BigInt(Math.trunc(seconds)) : LEAST;
  const absolute = BigInt.asUintN(64, whole + TO_EPOCH);
  const days = absolute / 86_400n;
  const within = Number(days % CYCLE) * DAY + Number(absolute % 86_400n) * 1000;
  return dateOf(Date.UTC(2000, 2, 1) + within, FIRST_YEAR - 2000 + Number(days / CYCLE) * 400);
}

function dateOf(ms: number, years: number): CivilDate {
  const date = new Date(ms);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return {
    year: year + years,
    month: month + 1,
    day,
    dayOfYear: (utc(year, month, day) - utc(year, 0, 1)) / DAY + 1,
    weekday: date.getUTCDay(),
    daysInMonth: new Date(utc(year, month + 1, 0)).getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

/** Date.UTC takes the years 0 to 99 for those of the last century. */
function utc(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(2000, month, day));
  return date.setUTCFullYear(year, month, day);
}
