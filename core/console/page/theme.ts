import { createStore } from './store.ts';

/** `system`: as the machine has it. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'heliograph.theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export const theme = createStore<Theme>(remembered());

function remembered(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((one) => one === kept) ?? 'system';
}

/** Puts the theme on the document, now and whenever it changes. Call it once. */
export function applyTheme(): void {
  const apply = (value: Theme) => {
    if (value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  };
  apply(theme.get());
  theme.listen((value) => {
    localStorage.setItem(KEY, value);
    apply(value);
  });
}

export function nextTheme(value: Theme): Theme {
  return THEMES[(THEMES.indexOf(value) + 1) % THEMES.length]!;
}

/** Told when colours change, by the switch or by the machine. Returns how to stop. */
export function onColours(listener: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)');
  media.addEventListener('change', listener);
  const stop = theme.listen(listener);
  return () => {
    media.removeEventListener('change', listener);
    stop();
  };
}
