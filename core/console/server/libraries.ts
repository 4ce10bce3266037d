import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Served, served } from '../../../lib/page/modules.ts';

const SCRIPT = 'text/javascript; charset=utf-8';

/** What the page's modules import by name, and where the server gives it out. */
export const LIBRARY_PATHS: Readonly<Record<string, string>> = {
  preact: '/console/lib/preact.js',
  'preact/hooks': '/console/lib/preact-hooks.js',
  uplot: '/console/lib/uplot.js',
};

/** The libraries' own files, as they are in the package. */
export function libraries(): ReadonlyMap<string, Served> {
  const read = (specifier: string) => readFileSync(fileURLToPath(import.meta.resolve(specifier)));
  const packaged = createRequire(import.meta.url);
  // uPlot's small file sets a global; as a module it needs one line more. Its ES module is three times the size.
  const uplot = readFileSync(packaged.resolve('uplot/dist/uPlot.iife.min.js'));
  return new Map([
    ['preact.js', served(withoutMap(read('preact')), SCRIPT)],
    ['preact-hooks.js', served(withoutMap(read('preact/hooks')), SCRIPT)],
    ['uplot.js', served(Buffer.concat([uplot, Buffer.from('\nexport default uPlot;\n')]), SCRIPT)],
    ['uplot.css', served(readFileSync(packaged.resolve('uplot/dist/uPlot.min.css')), 'text/css; charset=utf-8')],
  ]);
}

/** A browser's tools would ask for a map that is not given out. */
function withoutMap(script: Buffer): Buffer {
  return Buffer.from(script.toString().replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'));
}
