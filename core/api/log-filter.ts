import type { LogQuery } from '../ports/log-store.ts';
import { badParameter, type Parameters } from './parameters.ts';

/** What a search, a histogram and a tail choose lines by. */
export type LogFilter = Pick<LogQuery, 'text' | 'hosts' | 'services' | 'levels' | 'fields'>;

/** What search, histogram and tail have in common: `q`, and `host`, `service`, `level`, `field`, which may come several times. */
export function logFilter(parameters: Parameters): LogFilter {
  return {
    text: parameters.text('q') ?? '',
    hosts: parameters.list('host'),
    services: parameters.list('service'),
    levels: parameters.list('level'),
    fields: parameters.list('field').map(fieldOf),
  };
}

/** `http.status=402`: a name, and all that stands behind the first `=`. */
function fieldOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw badParameter('field', `${JSON.stringify(text)} is not name=value, such as http.status=402`);
  return [text.slice(0, at), text.slice(at + 1)];
}
