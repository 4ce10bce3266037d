import type { ComponentType } from 'preact';
import { h } from './element.ts';
import { Loading, Trouble } from './parts/message.ts';
import type { Place } from './router.ts';
import { useAsk } from './use-ask.ts';

export interface ViewProps {
  readonly place: Place;
}

/** A view of `later/`: its modules are loaded when it is first looked at, and not with the page. */
export function lazyView(name: string, load: () => Promise<ComponentType<ViewProps>>): ComponentType<ViewProps> {
  return (props) => {
    const { data, error } = useAsk(name, load);
    if (data) return h(data, props);
    return error ? h(Trouble, { error }) : h(Loading, { what: name });
  };
}
