import type { RelayStatus } from '../contract.ts';
import { element } from './element.ts';
import { bytes, count, rate, skew, span, UNKNOWN } from './format.ts';

/** The figures that one looks at first. */
export function tiles(status: RelayStatus): HTMLElement[] {
  const { hosts, journal, handshakes, definitions, limits, workers } = status;
  const queued = status.classes.reduce((sum, { queued: { frames } }) => sum + frames, 0);
  const dropped = status.classes
    .flatMap((one) => Object.values(one.dropped))
    .reduce((sum, { frames }) => sum + frames, 0);
  const fill = journal.maxBytes > 0 ? journal.bytes / journal.maxBytes : 0;
  return [
    tile('Hosts', count(hosts.connected), `of ${count(limits.connections)} that may be`),
    tile(
      'Comes in',
      `${rate(status.rate.itemsPerSecond)}/s`,
      `samples, lines, events; ${rate(status.rate.framesPerSecond)} frames/s`,
    ),
    tile(
      'Waits here',
      count(queued),
      `frames; the journal has ${bytes(journal.bytes)}, ${percent(fill)} of its room`,
      fill >= 0.7,
    ),
    tile('Waits at hosts', count(hosts.waitingThere), `frames, at ${count(hosts.hostsWaiting)} of them`),
    tile(
      'Core',
      ...core(status),
      workers.some(({ upstream }) => upstream?.open === false),
    ),
    tile('Dropped here', count(dropped), 'frames since the journal was made'),
    tile('Handshakes', count(handshakes.waiting), `wait; ${rate(handshakes.perSecond)} a second are let in`),
    tile(
      'Series',
      count(hosts.series),
      `sent by hosts; ${count(definitions.series)} distinct in ${count(definitions.pages)} pages`,
    ),
    ...cardinality(status),
    tile(
      'Clocks off',
      count(hosts.clocksOff),
      `the worst by ${skew(hosts.greatestSkewMs).slice(1)}`,
      hosts.clocksOff > 0,
    ),
    tile(
      'Certificates',
      count(hosts.certificatesEnding),
      `end in 14 days; ${nextEnd(status)}`,
      hosts.certificatesEnding > 0,
    ),
  ];
}

/** Where the relay counts them. */
function cardinality({ cardinality: state }: RelayStatus): HTMLElement[] {
  if (state === null) return [];
  const { series, newInHour, folded, blocked, growing } = state;
  const note = `through this relay; ${count(newInHour)} new in an hour, ${count(folded)} folded, ${count(blocked)} blocked`;
  return [tile('Series counted', count(series), note, growing.length > 0)];
}

function tile(name: string, value: string, note: string, bad = false): HTMLElement {
  return element(
    'div',
    { class: bad ? 'tile off' : 'tile' },
    element('span', {}, name),
    element('b', {}, value),
    element('small', {}, note),
  );
}

function core({ workers, time }: RelayStatus): [string, string] {
  const streams = workers.flatMap(({ upstream }) => upstream ?? []);
  const open = streams.filter((stream) => stream.open);
  const names = [...new Set(open.map((stream) => stream.core ?? UNKNOWN))].join(', ');
  if (streams.length === 0) return [UNKNOWN, 'nothing is known'];
  const since = Math.max(...streams.map((stream) => stream.since));
  if (open.length === streams.length) return [names, `connected for ${span(time - since)}`];
  if (open.length === 0) return ['away', `for ${span(time - since)}`];
  return [names, `${open.length} of ${streams.length} streams are open`];
}

function nextEnd({ hosts, time }: RelayStatus): string {
  return hosts.nextCertificateEnds === null
    ? 'no host is here'
    : `the next in ${span(hosts.nextCertificateEnds - time)}`;
}

function percent(share: number): string {
  return `${share > 0 && share < 0.01 ? '<1' : Math.round(share * 100)} %`;
}
