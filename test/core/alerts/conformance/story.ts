import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A sample of each series comes once a slot; groups are evaluated once in two. */
export const SLOT_MS = 500;
export const INTERVAL_MS = 1_000;
export const SLOTS = 74;

/** The rules, where all times are `pace` times as long. */
export function rulesAt(pace: number): string {
  const text = readFileSync(join(import.meta.dirname, 'rules.yml'), 'utf8');
  return text.replace(/(for|interval): (\d+)(ms|s)$/gm, (_, key, count, unit) => `${key}: ${count * pace}${unit}`);
}

/** What is written: from each slot on a value. */
export interface StorySeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [slot: number, value: number])[];
}

const series = (rulegroup: string, alertname: string, values: StorySeries['values'], more = {}): StorySeries => ({
  labels: { __name__: 'conformance_value', rulegroup, alertname, ...more },
  values,
});

/** A label of two underscores, such as `__value__`, is one that a sender may write. */
const asked = (id: number): StorySeries => ({
  labels: {
    ...{ __name__: 'conformance_value', rulegroup: 'Soon', kind: 'asked', id: `10${id}`, for: 'template' },
    __value__: `val${id}`,
  },
  values: [
    [0, id],
    [36, 2 * id],
  ],
});

/** A value that holds, ends, and holds again. */
const TWICE = [
  [0, 9],
  [8, 15],
  [20, 9],
  [50, 11],
  [62, 9],
] as const;

export const SERIES: readonly StorySeries[] = [
  series('Life', 'Life_Whole', [
    [0, 3],
    [8, 11],
    [12, 15],
    [24, 19],
    [32, 9],
    [42, 15],
    [60, 8],
  ]),
  series('Short', 'Short_Pends', [
    [0, 3],
    [8, 11],
    [14, 9],
  ]),
  series('Short', 'Short_Never', [[0, 11]]),
  series('Soon', 'Soon_AtOnce', TWICE),
  series('Soon', 'Soon_Next', TWICE),
  ...[1, 2, 3].map(asked),
  series(
    'Order',
    'Order_First',
    [
      [0, 1],
      [8, 11],
      [56, 9],
    ],
    { variant: 'one' },
  ),
  series(
    'Order',
    'Order_First',
    [
      [0, 1],
      [24, 11],
      [44, 9],
    ],
    { variant: 'two' },
  ),
];

/** What is seen of an alert for a while. */
export interface Chapter {
  readonly state: 'pending' | 'firing';
  readonly value: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** All that is seen of an alert, in order; null: it is not there. */
export interface AlertStory {
  readonly rule: string;
  readonly forMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly chapters: readonly (Chapter | null)[];
}

const chapter = (state: Chapter['state'], value: number, annotations: Chapter['annotations'] = {}): Chapter => ({
  ...{ state, value, annotations },
});
const whole = (state: Chapter['state'], value: number) =>
  chapter(state, value, { said: 'one text', value: `it is ${value}, ${value}` });
const atOnce = (value: number, times: number) =>
  chapter('firing', value, {
    asked: `a, b, 3: 101${[1, 2, 3].map((id) => ` 10${id}=${id * times}`).join('')}`,
    numbers: '2.097M 2Mi 1h 2m 5s 12.5% 2023-11-14 22:13:20 +0000 UTC',
  });
const TEXTS = { texts: 'Two Words UP down ::1 10.0.0.1 3661 a-a' };
const LATER = { said: 'more of these come later' };
const OF_FIRST = { said: 'of Order_First, foo was bar' };

export const STORIES: readonly AlertStory[] = [
  {
    rule: 'Life_Whole',
    forMs: 4_000,
    labels: { alertname: 'Life_Whole', rulegroup: 'Life', foo: 'bar' },
    chapters: [
      ...[whole('pending', 11), whole('pending', 15), whole('firing', 15), whole('firing', 19), null],
      ...[whole('pending', 15), whole('firing', 15), null],
    ],
  },
  {
    rule: 'Short_Pends',
    forMs: 5_000,
    labels: { alertname: 'Short_Pends', rulegroup: 'Short' },
    chapters: [chapter('pending', 11), null],
  },
  {
    rule: 'Soon_AtOnce',
    forMs: 0,
    labels: { alertname: 'Soon_AtOnce', rulegroup: 'Soon', foo: 'bar' },
    chapters: [atOnce(15, 1), null, atOnce(11, 2), null],
  },
  {
    rule: 'Soon_Next',
    forMs: 500,
    labels: { alertname: 'Soon_Next', rulegroup: 'Soon', next: 'yes' },
    chapters: [chapter('pending', 15, TEXTS), chapter('firing', 15, TEXTS), null],
  },
  ...['one', 'two'].map((variant) => ({
    rule: 'Order_First',
    forMs: 2_000,
    labels: { alertname: 'Order_First', rulegroup: 'Order', foo: 'bar', variant },
    chapters: [chapter('pending', 11, LATER), chapter('firing', 11, LATER), null],
  })),
  {
    rule: 'Order_Second',
    forMs: 0,
    labels: { alertname: 'Order_Second', alertstate: 'firing', rulegroup: 'Order', foo: 'baz' },
    chapters: [chapter('firing', 2, OF_FIRST), null],
  },
  {
    rule: 'Order_Recorded',
    forMs: 0,
    labels: { alertname: 'Order_Recorded', rulegroup: 'Order' },
    chapters: [chapter('firing', 2), null],
  },
];

/** The states of each rule, one after the other. */
export const RULE_STATES: Readonly<Record<string, readonly string[]>> = {
  Life_Whole: ['inactive', 'pending', 'firing', 'inactive', 'pending', 'firing', 'inactive'],
  Short_Pends: ['inactive', 'pending', 'inactive'],
  Short_Never: ['inactive'],
  Soon_AtOnce: ['inactive', 'firing', 'inactive', 'firing', 'inactive'],
  Soon_Next: ['inactive', 'pending', 'firing', 'inactive'],
  Order_First: ['inactive', 'pending', 'firing', 'inactive'],
  Order_Second: ['inactive', 'firing', 'inactive'],
  Order_Recorded: ['inactive', 'firing', 'inactive'],
};
