import type { Paths } from './paths.ts';
import type { Source, SourceContext } from './source.ts';

/** Collections between two looks for what was not there: a driver that is loaded later is seen within minutes. */
const LOOK_AGAIN = 30;

/** A source for what most machines do not have: where `path` is missing it costs nothing but a look now and then. */
export function whereThere(path: (paths: Paths) => string, source: Source): Source {
  const stat = new Float64Array(6);
  let wait = 0;
  return {
    name: source.name,
    collect(context) {
      if (wait > 0) {
        wait--;
        return;
      }
      if (context.host.files.stat(path(context.paths), stat) < 0) wait = LOOK_AGAIN - 1;
      else source.collect(context);
    },
  };
}

/** What is looked for at every thirtieth collection, and remembered between: which devices there are, say. */
export function nowAndThen<T>(look: (context: SourceContext) => T): (context: SourceContext) => T {
  let age = 0;
  let found: T;
  return (context) => {
    if (age++ % LOOK_AGAIN === 0) found = look(context);
    return found;
  };
}
