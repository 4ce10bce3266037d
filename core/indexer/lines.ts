import type { DataClass } from '../../proto/class.ts';
import type { Event } from '../../proto/event.ts';
import type { LogLine } from '../ports/frames.ts';

/** Levels of events that are more than information. */
const LEVELS: Readonly<Record<string, string>> = {
  frames_lost: 'error',
  cloned_image: 'error',
  frames_dropped: 'warning',
  host_down: 'warning',
  clock_skew: 'warning',
  series_growing: 'warning',
  'snmp.authenticationFailure': 'warning',
  'snmp.coldStart': 'warning',
  'snmp.linkDown': 'warning',
  'snmp.restarted': 'warning',
};

/** An event as a line, so that it is found by the same search: service heliograph, its type in `event.action`. */
export function eventLine(event: Event): LogLine {
  const facts = Object.entries(event.facts).map(([name, fact]) => [name, String(fact)] as const);
  const told = facts.map(([name, fact]) => `${name}=${fact}`).join(' ');
  return {
    time: event.time,
    message: `${event.type} ${event.host}${told === '' ? '' : ` ${told}`}`,
    level: Object.hasOwn(LEVELS, event.type) ? LEVELS[event.type]! : 'info',
    service: 'heliograph',
    fields: {
      'event.kind': 'event',
      'event.action': event.type,
      'event.subject': event.host,
      ...Object.fromEntries(facts),
    },
  };
}

/** The topics of the bus, and the class whose frames each holds. */
export const TOPICS: Readonly<Record<string, DataClass>> = {
  events: 'alert',
  'logs.error': 'error',
  'logs.log': 'log',
  'logs.debug': 'debug',
};
