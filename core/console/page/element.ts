import { type ComponentChildren, type ComponentType, createElement, type VNode } from 'preact';

type Attributes = Readonly<Record<string, unknown>> | null;

/** Preact's `h` with one type for what it makes; there is no build step, so no JSX. Strings among the children become text nodes. */
export const h = createElement as {
  <P>(type: ComponentType<P>, props: P & { key?: string | number }, ...children: ComponentChildren[]): VNode;
  (type: ComponentType, props: null, ...children: ComponentChildren[]): VNode;
  (type: string, props: Attributes, ...children: ComponentChildren[]): VNode;
};
