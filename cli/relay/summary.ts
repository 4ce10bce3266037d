import type { RelayStatus } from '../../relay/status/contract.ts';
import { coloured } from '../terminal/output.ts';
import { bytesText, many, printable, spanText } from '../terminal/text.ts';
import { countText, rateText } from './columns.ts';

/** The relay in a few lines: whether it is well, and its figures. */
export function summary(status: RelayStatus): string[] {
  const { hosts, rate, journal, handshakes, definitions, time } = status;
  const queued = status.classes.reduce((sum, { queued: { frames } }) => sum + frames, 0);
  const word = status.well ? coloured('green', 'well') : coloured(['bold', 'red'], 'not well');
  const fill = journal.maxBytes > 0 ? Math.round((journal.bytes / journal.maxBytes) * 100) : 0;
  return [
    `${printable(status.relay)} (site ${printable(status.site)}): ${word}`,
    ...status.troubles.map((text) => coloured('red', `  ${printable(text)}`)),
    ...status.remarks.map((text) => coloured('yellow', `  ${printable(text)}`)),
    `hosts ${countText(hosts.connected)}, in ${rateText(rate.itemsPerSecond)}/s in ${rateText(rate.framesPerSecond)} frames/s`,
    `waits here ${many(queued, 'frame')} (journal ${bytesText(journal.bytes)}, ${fill} %), at hosts ${countText(hosts.waitingThere)}`,
    `core ${cores(status, time)}; handshakes waiting ${countText(handshakes.waiting)}`,
    `series ${countText(hosts.series)} of hosts, ${countText(definitions.series)} distinct in ${many(definitions.pages, 'page')}`,
    ...cardinalityLines(status),
  ];
}

/** Where the relay counts series. */
function cardinalityLines({ cardinality: state }: RelayStatus): string[] {
  if (state === null) return [];
  const { series, newInHour, newInDay, admitted, folded, blocked, orders } = state;
  const fresh = `${countText(newInHour)} new in an hour, ${countText(newInDay)} in a day`;
  const kept = `${countText(admitted)} admitted, ${countText(folded)} folded, ${countText(blocked)} blocked`;
  return [`counted ${countText(series)} series: ${fresh}; ${kept} (${many(orders, 'order')})`];
}

function cores({ workers }: RelayStatus, time: number): string {
  const streams = workers.flatMap(({ upstream }) => upstream ?? []);
  const open = streams.filter((stream) => stream.open);
  if (open.length === 0) return 'away';
  const names = [...new Set(open.map(({ core }) => printable(core ?? '')))].join(', ');
  const since = spanText(Math.max(0, time - Math.max(...open.map((stream) => stream.since))));
  return open.length === streams.length
    ? `${names} for ${since}`
    : `${names}, ${open.length} of ${streams.length} streams`;
}
