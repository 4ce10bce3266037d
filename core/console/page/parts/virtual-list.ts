import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { h } from '../element.ts';

export interface VirtualListProps {
  readonly count: number;
  /** Every row is that high, px. */
  readonly rowHeight: number;
  readonly label: string;
  readonly head: ComponentChildren;
  /** The cells of a row. */
  readonly row: (index: number) => ComponentChildren;
  /** Says which row it is, over changes of order. */
  readonly keyOf: (index: number) => string;
  readonly onOpen: (index: number) => void;
}

const BEYOND = 8;

/** A table of which only the rows in view exist. Arrow keys, Page Up and Down, Home and End move through all of them. */
export function VirtualList(props: VirtualListProps): VNode {
  const { count, rowHeight } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, look] = useState({ top: 0, height: 600 });
  const [active, move] = useState(-1);
  const wanted = useRef(false);

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = () => look({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const resized = new ResizeObserver(measure);
    resized.observe(element);
    return () => resized.disconnect();
  }, []);

  useEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    box.current?.querySelector<HTMLElement>('[data-active] a')?.focus({ preventScroll: true });
  });

  const to = (index: number) => {
    const element = box.current!;
    const next = Math.min(count - 1, Math.max(0, index));
    const top = next * rowHeight;
    const head = element.querySelector<HTMLElement>('[role=rowgroup]')?.offsetHeight ?? 0;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + head > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight + head - element.clientHeight;
    }
    wanted.current = true;
    move(next);
    look({ top: element.scrollTop, height: element.clientHeight });
  };
  const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => to(active + 1),
    ArrowUp: () => to(active - 1),
    PageDown: () => to(active + page),
    PageUp: () => to(active - page),
    Home: () => to(0),
    End: () => to(count - 1),
  };

  const first = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND);
  const rows: VNode[] = [];
  for (let i = first; i < last; i++) {
    rows.push(
      h(
        'div',
        {
          key: props.keyOf(i),
          role: 'row',
          class: 'row',
          'aria-rowindex': i + 2,
          'data-active': i === active ? '' : undefined,
          style: { transform: `translateY(${i * rowHeight}px)`, height: `${rowHeight}px` },
          onClick: (event: MouseEvent) => {
            if (!(event.target as Element).closest('a')) props.onOpen(i);
          },
        },
        props.row(i),
      ),
    );
  }
  return h(
    'div',
    {
      class: 'virtual',
      ref: box,
      role: 'table',
      tabIndex: 0,
      'aria-label': props.label,
      'aria-rowcount': count + 1,
      onScroll: () => {
        // A scroll event of a list that has just gone still arrives.
        const element = box.current;
        if (element) look({ top: element.scrollTop, height: element.clientHeight });
      },
      onKeyDown: (event: KeyboardEvent) => {
        const run = keys[event.key];
        if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        run();
      },
    },
    h('div', { role: 'rowgroup', class: 'head' }, props.head),
    h('div', { role: 'rowgroup', class: 'body', style: { height: `${count * rowHeight}px` } }, rows),
  );
}
