import { type ComponentChildren, type ComponentType, createElement, type VNode } from 'preact';

type Attributes = Readonly<Record<string, unknown>>;

interface MakeElement {
  <P>(type: ComponentType<P>, props: P & { key?: string | number }, ...children: ComponentChildren[]): VNode;
  (type: ComponentType, props: null, ...children: ComponentChildren[]): VNode;
  /** @param attributes a text: the element's class and nothing else */
  (type: string, attributes: Attributes | string | null, ...children: ComponentChildren[]): VNode;
}

/** Preact's `h` with one type for what it makes; there is no build step, so no JSX. Strings among the children become text nodes. */
export const h = ((type: string, attributes: Attributes | string, ...children: ComponentChildren[]) =>
  createElement(type, typeof attributes === 'string' ? { class: attributes } : attributes, ...children)) as MakeElement;
