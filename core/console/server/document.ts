import { createHash } from 'node:crypto';
import { guardHeaders } from '../../../lib/page/guard.ts';
import { LIBRARY_PATHS } from './libraries.ts';

/** Of the page's `style/`, in the order in which a later rule overrides an earlier one: what narrow screens need comes last. */
const STYLES = [
  'base',
  'controls',
  'frame',
  'states',
  'fleet',
  'host',
  'lines',
  'metrics',
  'ledger',
  'letters',
  'limits',
  'alerts',
  'narrow',
];

/** The page's document, and the headers that go with it and with all that it loads. */
export interface PageDocument {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The one HTML document: everything else is script. The import map is the only inline script a browser needs inline, and the
 * content policy names its hash.
 */
export function pageDocument(modules: readonly string[]): PageDocument {
  const map = JSON.stringify({ imports: LIBRARY_PATHS });
  const hash = createHash('sha256').update(map).digest('base64');
  // Views that few look at come when they are looked at.
  const scripts = [
    ...Object.values(LIBRARY_PATHS),
    ...modules.filter((name) => !name.startsWith('later/')).map((name) => `/console/${name}`),
  ];
  // Told at once, so that modules that import modules are not fetched one behind the other.
  const preload = scripts.map((path) => `<link rel="modulepreload" href="${path}">`).join('\n');
  const styles = STYLES.map((name) => `<link rel="stylesheet" href="/console/style/${name}.css">`).join('\n');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Heliograph</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console/lib/uplot.css">
${styles}
<script type="importmap">${map}</script>
${preload}
<script type="module" src="/console/main.ts"></script>
</head>
<body>
<div id="console"><p class="starting">Heliograph is starting. If this stays, the browser did not run the page's script: it needs one of 2023 or newer.</p></div>
<noscript><p class="starting">This page needs JavaScript. Without it, the API answers: see docs/queries.md.</p></noscript>
</body>
</html>
`;
  return { html, headers: guardHeaders(`'sha256-${hash}'`) };
}
