import { createHash } from 'node:crypto';
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
  'narrow',
];

/** The page's document, and the content policy that goes with it. */
export interface PageDocument {
  readonly html: string;
  readonly policy: string;
}

/**
 * The one HTML document: everything else is script. The import map is the only inline script a browser needs inline, and the
 * policy names its hash; nothing else may run, load or connect but what this server gives, and nobody may frame it.
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
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  return { html, policy };
}
