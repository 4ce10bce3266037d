import { fileURLToPath } from 'node:url';
import { guardHeaders } from '../../lib/page/guard.ts';
import { PageModules } from '../../lib/page/modules.ts';
import type { Answer, Pages } from '../http.ts';
import type { RelayStatus } from './contract.ts';
import { type StatusQuery, statusQuery } from './status-query.ts';

const FOLDER = fileURLToPath(new URL('page', import.meta.url));

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Relay</title>
<link rel="icon" href="/status/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/status/style.css">
<script type="module" src="/status/main.ts"></script>
</head>
<body>
<main id="status"><p class="quiet">Asking the relay ...</p></main>
<noscript><p>This page needs JavaScript. Without it: heliograph relay status, or /status.json.</p></noscript>
</body>
</html>
`;

const GUARD = guardHeaders();

/** The status for people at `/` and `/status`, and the same for programs at `/status.json` (docs/operations.md). */
export function statusPages(draw: (query: StatusQuery) => Promise<RelayStatus>): Pages {
  const document = (): Answer => ({ type: 'text/html; charset=utf-8', body: HTML, headers: GUARD });
  const modules = new PageModules(FOLDER);
  const files = modules.names().map((name) => {
    const answer = (): Answer => {
      const { content, type } = modules.get(name)!;
      return { type, body: content.toString(), headers: GUARD };
    };
    return [`/status/${name}`, answer] as const;
  });
  return {
    '/': document,
    '/status': document,
    '/status.json?': async (parameters) => ({
      type: 'application/json',
      body: JSON.stringify(await draw(statusQuery(parameters))),
      headers: GUARD,
    }),
    ...Object.fromEntries(files),
  };
}
