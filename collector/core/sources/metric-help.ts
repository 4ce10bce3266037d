/** Type of a metric, and a line on what it is. */
export interface MetricHelp {
  readonly type: 'counter' | 'gauge' | 'untyped';
  readonly help: string;
}

export const counter = (help: string): MetricHelp => ({ type: 'counter', help });
export const gauge = (help: string): MetricHelp => ({ type: 'gauge', help });
