import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { h } from '../element.ts';
import { formatTime, formatValue, type Unit } from '../format.ts';
import { onColours } from '../theme.ts';
import type { Hole } from './holes.ts';
import { holeLayer, markLayer } from './layers.ts';
import { colours, faint } from './palette.ts';

export interface Line {
  readonly label: string;
  /** One a time; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly fill?: boolean;
  readonly dashed?: boolean;
  /** Place in the palette; the line's own place unless given. */
  readonly colour?: number;
}

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** What is shown, ms. */
  readonly start: number;
  readonly end: number;
  readonly holes: readonly Hole[];
  /** An instant that is marked on every chart, ms. */
  readonly mark?: number | null;
  /** The scale goes at least to here. */
  readonly top?: number;
  readonly height?: number;
  readonly legend?: boolean;
  /** Charts of one name move their cursors together. */
  readonly sync?: string;
  readonly onZoom?: (start: number, end: number) => void;
  readonly onPick?: (time: number) => void;
}

/** Lines over time on a canvas, holes with their reasons, zoom by dragging, an instant by click or Enter. */
export function Chart(props: ChartProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [spoken, speak] = useState('');
  const shape = JSON.stringify([
    props.unit,
    props.legend,
    props.height,
    props.lines.map((line) => [line.label, line.fill, line.dashed, line.colour]),
  ]);

  useEffect(() => {
    const element = box.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element.clientWidth, latest), data(latest.current), element);
    };
    make();
    const resized = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (plot.current && width > 0 && width !== plot.current.width) {
        plot.current.setSize({ width, height: latest.current.height ?? 180 });
      }
    });
    resized.observe(element);
    const stop = onColours(make);
    return () => {
      stop();
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(
    () => plot.current?.setData(data(props)),
    [props.times, props.lines, props.start, props.end, props.holes, props.mark],
  );

  const keys = (event: KeyboardEvent) => {
    const chart = plot.current;
    if (!chart) return;
    const forward = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const at = chart.cursor.idx ?? (forward > 0 ? -1 : props.times.length);
    if (forward !== 0) {
      event.preventDefault();
      const to = Math.min(props.times.length - 1, Math.max(0, at + forward * (event.shiftKey ? 10 : 1)));
      chart.setCursor({ left: chart.valToPos(props.times[to]!, 'x'), top: 10 });
      speak(readOut(props, to));
    } else if (event.key === 'Enter' && props.times[at] !== undefined) {
      props.onPick?.(props.times[at] * 1000);
    }
  };

  return h(
    'figure',
    'chart',
    h('figcaption', null, props.title),
    h('div', {
      class: 'plot',
      ref: box,
      tabIndex: 0,
      role: 'img',
      'aria-label': `${props.title}. ${summary(props)} Left and right arrow keys read values${props.onPick ? '; Enter shows the lines of that minute' : ''}.`,
      onKeyDown: keys,
    }),
    h('p', { class: 'unseen', 'aria-live': 'polite' }, spoken),
  );
}

function data(props: ChartProps): uPlot.AlignedData {
  return [props.times as number[], ...props.lines.map((line) => line.values as (number | null)[])];
}

function summary(props: ChartProps): string {
  if (props.lines.length === 0) return 'No data.';
  const latest = props.lines.slice(0, 6).map((line) => {
    const value = line.values.findLast((one) => one !== null);
    return `${line.label} ${formatValue(value, props.unit)}`;
  });
  const holes = props.holes.length > 0 ? ` ${props.holes.length} gaps.` : '';
  return `Latest: ${latest.join(', ')}.${holes}`;
}

function readOut(props: ChartProps, at: number): string {
  const values = props.lines.map((line) => `${line.label} ${formatValue(line.values[at], props.unit)}`);
  return `${formatTime(props.times[at]! * 1000, Date.now())}: ${values.join(', ')}`;
}

function options(width: number, latest: { current: ChartProps }): uPlot.Options {
  const props = latest.current;
  const { series, grid, text } = colours();
  const font = '11px system-ui, sans-serif';
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const value = (one: number | null) => formatValue(one, props.unit);
  return {
    width: Math.max(width, 120),
    height: props.height ?? 180,
    padding: [8, 18, 0, 0],
    scales: {
      x: { range: () => [latest.current.start / 1000, latest.current.end / 1000] },
      y: { range: (_, low, high) => yRange(low, high, latest.current.top) },
    },
    axes: [
      { ...axis, values: uTimes, space: 70, size: 26 },
      {
        ...axis,
        size: 62,
        space: 34,
        values: (_, splits) => splits.map((split) => value(split)),
        ...increments(props.unit),
      },
    ],
    focus: { alpha: 0.25 },
    legend: { show: props.legend ?? true, live: true },
    cursor: {
      points: { size: 6 },
      ...(props.lines.length > 1 ? { focus: { prox: 24 } } : {}),
      drag: { x: props.onZoom !== undefined, y: false, setScale: false },
      ...(props.sync ? { sync: { key: props.sync, setSeries: false } } : {}),
      bind: { dblclick: () => null },
    },
    series: [
      { label: 'time', value: (_, at) => (at === null ? '' : formatTime(at * 1000, Date.now())) },
      ...props.lines.map((line, i): uPlot.Series => {
        const stroke = series[(line.colour ?? i) % series.length]!;
        return {
          label: line.label,
          stroke,
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          value: (_, one) => value(one),
          ...(line.fill ? { fill: faint(stroke) } : {}),
          ...(line.dashed ? { dash: [5, 4] } : {}),
        };
      }),
    ],
    plugins: [holeLayer(() => latest.current.holes), markLayer(() => latest.current.mark ?? null)],
    hooks: {
      setCursor: [latestLegend],
      setData: [latestLegend],
      setSeries: [
        (chart, at) => {
          const line = at === null ? undefined : latest.current.lines[at - 1];
          chart.root.dataset.focus = line && !(latest.current.legend ?? true) ? line.label : '';
        },
      ],
      setSelect: [
        (chart) => {
          const { left, width: wide } = chart.select;
          if (wide < 4) return;
          latest.current.onZoom?.(chart.posToVal(left, 'x') * 1000, chart.posToVal(left + wide, 'x') * 1000);
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      ready: [
        (chart) => {
          latestLegend(chart);
          let down = 0;
          chart.over.addEventListener('mousedown', (event) => {
            down = event.clientX;
          });
          chart.over.addEventListener('click', (event) => {
            if (Math.abs(event.clientX - down) > 3 || chart.cursor.left === undefined || chart.cursor.left < 0) return;
            latest.current.onPick?.(chart.posToVal(chart.cursor.left, 'x') * 1000);
          });
        },
      ],
    },
  };
}

/** Bytes are divided where people divide them. */
function increments(unit: Unit): { incrs?: number[] } {
  if (unit !== 'bytes' && unit !== 'bytes/s') return {};
  return { incrs: Array.from({ length: 52 }, (_, i) => 2 ** i) };
}

/** Where nobody points, the latest values. */
function latestLegend(chart: uPlot): void {
  if ((chart.cursor.left ?? -1) >= 0 || chart.cursor.idx != null) return;
  const times = chart.data[0];
  for (let at = times.length - 1; at >= 0; at--) {
    if (chart.data.some((row, i) => i > 0 && (row[at] ?? null) !== null)) {
      chart.setLegend({ idx: at }, false);
      return;
    }
  }
}

/** From zero where that hides nothing, and never a flat line on the frame. */
function yRange(low: number, high: number, top = 0): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, top || 1];
  const most = Math.max(high, top);
  const least = low >= 0 && low < most * 0.75 ? 0 : low;
  const room = (most - least || Math.abs(most) || 1) * 0.06;
  return [least < 0 || least > 0 ? least - room : 0, most === top && top > 0 ? most : most + room];
}

/** Times on the axis: the clock, and the day where it changes. */
function uTimes(_: uPlot, splits: number[]): string[] {
  let day = '';
  const close = splits.length > 1 && splits[1]! - splits[0]! < 60;
  return splits.map((split) => {
    const date = new Date(split * 1000);
    const clock = date.toTimeString().slice(0, close ? 8 : 5);
    const today = date.toDateString();
    const first = day === '';
    const turned = !first && today !== day;
    day = today;
    return turned || (clock === '00:00' && !first) ? `${date.getMonth() + 1}/${date.getDate()} ${clock}` : clock;
  });
}
