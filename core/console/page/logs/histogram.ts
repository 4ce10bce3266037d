import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { h } from '../element.ts';
import { formatCount, formatTime, plural } from '../format.ts';
import { levelClass } from './line.ts';

/** /api/v1/logs/histogram. */
export interface HistogramAnswer {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly levels: Readonly<Record<string, readonly number[]>>;
  readonly total: number;
  readonly countedFrom: number | null;
}

const WIDTH = 1000;
const HEIGHT = 72;
/** The worst stand at the bottom, where the eye compares best. */
const ORDER = ['level-error', 'level-warning', 'level-info', 'level-debug', 'level-other'];

/** Lines over time, a column a bucket, stacked by level; dragging over it, or a click, zooms in. */
export function Histogram({
  answer,
  onZoom,
}: {
  answer: HistogramAnswer;
  onZoom: (start: number, end: number) => void;
}): VNode {
  const box = useRef<SVGSVGElement>(null);
  const [drag, pull] = useState<{ from: number; to: number } | null>(null);
  const { start, end, step, levels } = answer;
  const count = Math.ceil((end - start) / step);
  const stacks = Array.from({ length: count }, () => new Map<string, number>());
  for (const [level, counts] of Object.entries(levels)) {
    const tone = levelClass(level);
    counts.forEach((lines, i) => {
      if (lines > 0) stacks[i]?.set(tone, (stacks[i].get(tone) ?? 0) + lines);
    });
  }
  const sums = stacks.map((stack) => [...stack.values()].reduce((sum, lines) => sum + lines, 0));
  const most = Math.max(1, ...sums);
  const wide = WIDTH / count;
  const bars = stacks.flatMap((stack, i) => {
    let bottom = HEIGHT;
    return ORDER.flatMap((tone) => {
      const lines = stack.get(tone) ?? 0;
      if (lines === 0) return [];
      const tall = Math.max(1, (lines / most) * HEIGHT);
      bottom -= tall;
      return [h('rect', { class: tone, x: i * wide + 0.5, width: Math.max(0.8, wide - 1), y: bottom, height: tall })];
    });
  });
  const at = (event: PointerEvent) => {
    const area = box.current!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
  };
  const bucket = drag && Math.min(count - 1, Math.floor(drag.to * count));
  const zoom = () => {
    if (!drag) return;
    const [from, to] = drag.from < drag.to ? [drag.from, drag.to] : [drag.to, drag.from];
    pull(null);
    const first = start + Math.floor(from * count) * step;
    onZoom(first, Math.min(end, Math.max(first + step, start + Math.ceil(to * count) * step)));
  };
  const peak = sums.indexOf(Math.max(...sums));
  return h(
    'figure',
    'histogram',
    h(
      'svg',
      {
        ref: box,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${plural(answer.total, 'line')} over time; most at ${formatTime(start + Math.max(0, peak) * step, Date.now())}`,
        onPointerDown: (event: PointerEvent) => {
          box.current!.setPointerCapture(event.pointerId);
          pull({ from: at(event), to: at(event) });
        },
        onPointerMove: (event: PointerEvent) => drag && pull({ ...drag, to: at(event) }),
        onPointerUp: zoom,
        onPointerCancel: () => pull(null),
      },
      answer.countedFrom !== null
        ? h('rect', {
            class: 'uncounted',
            x: 0,
            y: 0,
            height: HEIGHT,
            width: Math.max(0, ((answer.countedFrom - start) / (end - start)) * WIDTH),
          })
        : null,
      bars,
      drag
        ? h('rect', {
            class: 'drag',
            x: Math.min(drag.from, drag.to) * WIDTH,
            width: Math.abs(drag.to - drag.from) * WIDTH,
            y: 0,
            height: HEIGHT,
          })
        : null,
    ),
    h(
      'figcaption',
      null,
      h('span', null, formatTime(start, Date.now())),
      h(
        'span',
        null,
        bucket === null
          ? `${plural(answer.total, 'line')}${answer.countedFrom === null ? '' : `, counted back to ${formatTime(answer.countedFrom, Date.now())}`}; a column is ${columnWords(step)}, the highest ${formatCount(most)}`
          : `${formatTime(start + bucket * step, Date.now())}: ${plural(sums[bucket] ?? 0, 'line')}`,
      ),
      h('span', null, formatTime(end, Date.now())),
    ),
  );
}

function columnWords(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms / 6_000) / 10} min`;
}
