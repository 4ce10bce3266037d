import type { LevelsView } from '../../core/fleet/level-answer.ts';
import { table } from '../terminal/table.ts';
import { printable, spanText, timeText } from '../terminal/text.ts';

/** Orders of levels for a person, the newest first. @param over with those that ended */
export function levelOrdersText({ time, orders }: LevelsView, over: boolean): string {
  const shown = orders.filter(({ inForce }) => over || inForce);
  if (shown.length === 0) return `no level ${over ? 'was ordered' : 'is ordered'}: hosts go by their own configuration`;
  return table([
    ['ID', 'LEVEL', 'SERVICE', 'HOST', 'HOSTS', 'BY', 'SINCE', 'UNTIL', 'WHY'],
    ...shown.map(({ id, level, service, host, hosts, by, at, until, why, lifted, inForce }) => [
      id,
      level,
      printable(service),
      printable(host),
      String(hosts),
      printable(by),
      timeText(at),
      inForce
        ? `in ${spanText(until - time)}`
        : lifted
          ? `lifted by ${printable(lifted.by)} ${timeText(lifted.at)}`
          : `ended ${timeText(until)}`,
      printable(why),
    ]),
  ]);
}
