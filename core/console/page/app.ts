import type { ComponentType, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { h } from './element.ts';
import { lazyView, type ViewProps } from './lazy-view.ts';
import { Banner } from './parts/banner.ts';
import { Header } from './parts/header.ts';
import { Message } from './parts/message.ts';
import { usePlace } from './router.ts';
import { Explore } from './views/explore.ts';
import { Fleet } from './views/fleet.ts';
import { Host } from './views/host.ts';
import { Logs } from './views/logs.ts';

const VIEWS: readonly (readonly [path: string, title: string, view: ComponentType<ViewProps>])[] = [
  ['/', 'Fleet', Fleet],
  ['/fleet', 'Fleet', Fleet],
  ['/explore', 'Metrics', Explore],
  ['/logs', 'Logs', Logs],
  ['/alerts', 'Alerts', lazyView('the alerts', async () => (await import('./later/alerts.ts')).Alerts)],
  ['/silences', 'Silences', lazyView('the silences', async () => (await import('./later/silences.ts')).Silences)],
  ['/rules', 'Rules', lazyView('the rules', async () => (await import('./later/rules.ts')).Rules)],
  ['/ledger', 'Ledger', lazyView('the ledger', async () => (await import('./later/ledger.ts')).Ledger)],
  [
    '/deadletters',
    'Dead letters',
    lazyView('the dead letters', async () => (await import('./later/dead-letters.ts')).DeadLetters),
  ],
  ['/levels', 'Levels', lazyView('the levels', async () => (await import('./later/levels.ts')).Levels)],
  ['/limits', 'Limits', lazyView('the limits', async () => (await import('./later/limits.ts')).Limits)],
];

export function App(): VNode {
  const place = usePlace();
  const host = hostOf(place.path);
  const [, title, view] = VIEWS.find(([path]) => path === place.path) ?? [];
  const name = host ?? title ?? 'Nothing here';
  useEffect(() => {
    document.title = `${name} · Heliograph`;
  }, [name]);
  return h(
    'div',
    'page',
    h('a', { class: 'skip', href: '#content' }, 'To the content'),
    h(Header, { path: place.path }),
    h(
      'main',
      { id: 'content', tabIndex: -1 },
      h(Banner, null),
      host !== null
        ? h(Host, { key: host, host, place })
        : view
          ? h(view, { place })
          : h(Message, {
              title: 'There is nothing at this address',
              text: 'The page has a fleet, metrics, logs, alerts, a ledger, limits and levels.',
            }),
    ),
  );
}

function hostOf(path: string): string | null {
  const found = /^\/host\/([^/]+)$/.exec(path);
  if (!found) return null;
  try {
    return decodeURIComponent(found[1]!);
  } catch {
    return found[1]!;
  }
}
