import { createStore, useStore } from './store.ts';

/** What the address bar says: it carries the whole state of the page. */
export interface Place {
  readonly path: string;
  readonly params: URLSearchParams;
}

const here = (): Place => ({ path: location.pathname, params: new URLSearchParams(location.search) });

const places = createStore<Place>(here());

export function usePlace(): Place {
  return useStore(places);
}

export type Changes = Readonly<Record<string, string | readonly string[] | null>>;

/** `params` with some set and, where null or empty, taken out. */
export function changed(params: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of value === null ? [] : [value].flat()) if (one !== '') next.append(name, one);
  }
  return next;
}

/** An address of this page. */
export function address(path: string, params: URLSearchParams | Changes = {}): string {
  const text = (params instanceof URLSearchParams ? params : changed(new URLSearchParams(), params)).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Goes to an address of this page. `replace`: without a step for the browser's back button, for what is typed letter by letter. */
export function go(to: string, replace = false): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  places.set(here());
}

/** Changes parameters of the present address. */
export function change(changes: Changes, replace = false): void {
  const { path, params } = here();
  go(address(path, changed(params, changes)), replace);
}

/** Links of ours do not load the page again. Call it once. */
export function followLinks(): void {
  addEventListener('popstate', () => places.set(here()));
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a');
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
    scrollTo(0, 0);
  });
}
