import type { RelayStatus } from '../../relay/status/contract.ts';
import { table } from '../terminal/table.ts';
import { many, printable } from '../terminal/text.ts';
import { classRows, hostRows, rightOf, workerRows } from './columns.ts';
import { doorsText } from './doors-text.ts';
import { ruleParts } from './rules-text.ts';
import { summary } from './summary.ts';

/** The whole status for a person, once. */
export function statusText(status: RelayStatus): string {
  const parts = [summary(status).join('\n'), table(classRows(status), new Set([1, 2, 3, 4, 5, 6]))];
  if (status.workers.length > 1) parts.push(table(workerRows(status), new Set([1, 2, 3, 4, 5])));
  if (status.rules) parts.push(...ruleParts(status.rules, status.time));
  if (status.doors) parts.push(doorsText(status.doors, status.time));
  const { matching, sort, host } = status.page;
  if (status.rows.length > 0) {
    const rows = hostRows(status);
    const rest = matching - status.rows.length;
    const more = rest > 0 ? `\n(by ${sort}; ${many(rest, 'host')} more)` : '';
    parts.push(table(rows, rightOf(rows[0]!)) + more);
  } else if (host !== '' && matching === 0)
    parts.push(`(no host that is connected has "${printable(host)}" in its name)`);
  return parts.join('\n\n');
}
