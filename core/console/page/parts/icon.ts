import type { VNode } from 'preact';
import { h } from '../element.ts';

/** Strokes in a square of 24; drawn here, so that nothing is loaded from elsewhere. */
const PATHS: Readonly<Record<string, string>> = {
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5',
  light:
    'M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5',
  dark: 'M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z',
  system: 'M3 5h18v11H3zM8 20h8M12 16v4',
  Fleet: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01',
  Metrics: 'M3 20h18M5 16l4-6l4 3l6-8',
  Logs: 'M4 6h16M4 11h16M4 16h10',
  Alerts: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21.5h4',
  Ledger: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h4',
  Limits: 'M4 20V10M10 20V6M16 20v-7M3 8h5M9 4h5M15 11h6',
  Levels: 'M4 7h10M18 7h2M16 5v4M4 12h3M11 12h9M9 10v4M4 17h9M17 17h3M15 15v4',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 1 0 0-14M16 16l5 5',
  play: 'M7 5l12 7l-12 7z',
  stop: 'M7 6v12M17 6v12',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7l7 7',
};

export function icon(name: string): VNode {
  return h(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    h('path', { d: PATHS[name] }),
  );
}
