import type { LogQuery } from '../ports/log-store.ts';
import type { Parameters } from './parameters.ts';

/** What search, histogram and tail have in common: `q`, and `host`, `service`, `level`, which may come several times. */
export function logFilter(parameters: Parameters): Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels'> {
  return {
    text: parameters.text('q') ?? '',
    hosts: parameters.list('host'),
    services: parameters.list('service'),
    levels: parameters.list('level'),
  };
}
