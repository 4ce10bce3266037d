import type uPlot from 'uplot';
import { formatSpan, formatTime } from '../format.ts';
import type { Hole } from './holes.ts';

/** Fewer pixels than this have no room for words. */
const ROOM_PX = 90;
const LEAST_PX = 3;

/** Gaps as bands over the chart, with their reason as text: elements, so that they can be read out and pointed at. */
export function holeLayer(holes: () => readonly Hole[]): uPlot.Plugin {
  let layer: HTMLElement;
  return {
    hooks: {
      init: (chart) => {
        layer = document.createElement('div');
        layer.className = 'holes';
        chart.over.append(layer);
      },
      draw: (chart) => {
        const width = chart.over.clientWidth;
        const at = (ms: number) => Math.min(width, Math.max(0, chart.valToPos(ms / 1000, 'x')));
        layer.replaceChildren(
          ...holes().flatMap((hole) => {
            const left = at(hole.from);
            const wide = Math.max(LEAST_PX, at(hole.to) - left);
            if (left >= width || at(hole.to) <= 0) return [];
            const band = document.createElement('div');
            band.className = `hole ${hole.kind}`;
            band.style.left = `${left}px`;
            band.style.width = `${wide}px`;
            band.title = holeWords(hole);
            if (wide >= ROOM_PX) {
              const words = document.createElement('span');
              words.textContent = hole.reason;
              band.append(words);
            }
            return [band];
          }),
        );
      },
    },
  };
}

export function holeWords(hole: Hole): string {
  const now = Date.now();
  return `${formatTime(hole.from, now)} to ${formatTime(hole.to, now)} (${formatSpan(hole.to - hole.from)}): ${hole.reason}`;
}

/** The instant a person picked, on every chart. */
export function markLayer(mark: () => number | null): uPlot.Plugin {
  let line: HTMLElement;
  return {
    hooks: {
      init: (chart) => {
        line = document.createElement('div');
        line.className = 'mark';
        chart.over.append(line);
      },
      draw: (chart) => {
        const ms = mark();
        const left = ms === null ? -1 : chart.valToPos(ms / 1000, 'x');
        line.hidden = left < 0 || left > chart.over.clientWidth;
        line.style.left = `${left}px`;
      },
    },
  };
}
