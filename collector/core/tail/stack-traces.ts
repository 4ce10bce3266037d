/** Whose stack traces are put together. */
export const TRACE_PRESETS = ['java', 'python', 'go', 'node', 'dotnet'] as const;
export type TracePreset = (typeof TRACE_PRESETS)[number];

/** What the line before was. `line`: any that is of no trace. */
type State =
  | 'line'
  | 'jvm'
  | 'jvm_frames'
  | 'python'
  | 'python_end'
  | 'python_gap'
  | 'python_chain'
  | 'go'
  | 'go_gap'
  | 'goroutine'
  | 'node_source'
  | 'node_gap'
  | 'node_error'
  | 'node_end';

interface Rule {
  readonly from: readonly State[];
  readonly pattern: RegExp;
  readonly to: State;
  /** The line begins a record of its own. */
  readonly begins?: boolean;
}

/** `java.lang.IllegalStateException: ...`, `System.InvalidOperationException: ...`: only names with a dot, words of a text have none. */
const QUALIFIED = /^(?:[\w$]+\.)+[\w$]*(?:Exception|Error|Throwable)\b/;
const UNCAUGHT = /^(?:Exception in thread ".*" |Unhandled exception\. )[\w$.]+/;
const ERROR_OF_NODE = /^(?:Uncaught )?(?:[A-Z]\w*)?(?:Error|Exception)(?: \[\w+\])?(?::|$)/;
const EMPTY = /^$/;

const JVM: readonly Rule[] = [
  { from: ['line', 'jvm', 'jvm_frames'], pattern: UNCAUGHT, to: 'jvm', begins: true },
  // What a logger writes before the trace belongs to it; behind the frames of another trace it is a new one.
  { from: ['line'], pattern: QUALIFIED, to: 'jvm' },
  { from: ['jvm', 'jvm_frames'], pattern: QUALIFIED, to: 'jvm', begins: true },
  { from: ['line', 'jvm', 'jvm_frames'], pattern: /^\s+(?:at |\.\.\. \d+ )/, to: 'jvm_frames' },
  { from: ['jvm', 'jvm_frames'], pattern: /^(?:Caused by: |Suppressed: |Wrapped by: |--- End of )/, to: 'jvm_frames' },
  { from: ['jvm', 'jvm_frames'], pattern: /^\s+\S/, to: 'jvm_frames' },
];

const RULES: Readonly<Record<TracePreset, readonly Rule[]>> = {
  java: JVM,
  dotnet: JVM,
  python: [
    { from: ['line', 'python_chain', 'python_gap'], pattern: /^Traceback \(most recent call last\):/, to: 'python' },
    { from: ['python'], pattern: /^\s/, to: 'python' },
    // The name of the exception ends the frames.
    { from: ['python'], pattern: /^\S/, to: 'python_end' },
    { from: ['python_end'], pattern: EMPTY, to: 'python_gap' },
    {
      from: ['python_gap'],
      pattern: /^(?:During handling of the above exception|The above exception was the direct cause)/,
      to: 'python_chain',
    },
    { from: ['python_chain'], pattern: EMPTY, to: 'python_chain' },
  ],
  go: [
    { from: ['line'], pattern: /^(?:panic: |fatal error: )/, to: 'go', begins: true },
    { from: ['go'], pattern: /^(?:\s|\[signal )/, to: 'go' },
    { from: ['go', 'goroutine'], pattern: EMPTY, to: 'go_gap' },
    { from: ['line', 'go', 'go_gap', 'goroutine'], pattern: /^goroutine \d+ .*\[.*\]:$/, to: 'goroutine' },
    { from: ['goroutine'], pattern: /^(?:\s|created by |\S+\(.*\)$|\.\.\.)/, to: 'goroutine' },
    { from: ['goroutine', 'go_gap'], pattern: /^exit status \d+$/, to: 'line' },
  ],
  node: [
    { from: ['line'], pattern: /^(?:\/|file:\/\/|node:|[A-Za-z]:\\)\S*:\d+$/, to: 'node_source', begins: true },
    { from: ['node_source'], pattern: EMPTY, to: 'node_gap' },
    { from: ['node_source'], pattern: /^(?!\S*Error\b).+$/, to: 'node_source' },
    { from: ['node_source', 'node_gap'], pattern: ERROR_OF_NODE, to: 'node_error' },
    { from: ['line', 'node_error'], pattern: ERROR_OF_NODE, to: 'node_error', begins: true },
    { from: ['line', 'node_error'], pattern: /^\s+at /, to: 'node_error' },
    { from: ['node_error'], pattern: /^(?:\s|[}\]])/, to: 'node_error' },
    { from: ['node_error'], pattern: EMPTY, to: 'node_end' },
    { from: ['node_end', 'node_error'], pattern: /^Node\.js v\d/, to: 'line' },
  ],
};

/** No rule looks further into a line. */
export const HEAD_CHARACTERS = 256;

/** First words of lines that a rule from `line` may fit, beside those that end like the name of an error or have a dot or colon behind them. */
const FIRST_WORDS: ReadonlySet<string> = new Set([
  'Exception',
  'Unhandled',
  'Uncaught',
  'Traceback',
  'fatal',
  'goroutine',
]);
const LONGEST_FIRST_WORD = 9;
const DOT = 46;
const COLON = 58;

/** Whether the line bytes[from, to) may begin a trace or go on with a line that is of none. Wrong only where it says yes; reads one word. */
export function mayBeOfTrace(bytes: Uint8Array, from: number, to: number): boolean {
  if (from >= to) return false;
  const first = bytes[from]!;
  // A blank, a tab, a path.
  if (first === 32 || first === 9 || first === 47) return true;
  if (!isWordByte(first) || (first >= 48 && first <= 57)) return false;
  let end = from + 1;
  while (end < to && isWordByte(bytes[end]!)) end++;
  const behind = bytes[end];
  if (end < to && (behind === DOT || behind === COLON)) return true;
  const last = bytes[end - 1];
  // ...Error, ...Exception
  if (last === 114 || last === 110) return true;
  if (end - from > LONGEST_FIRST_WORD) return false;
  return FIRST_WORDS.has(String.fromCharCode.apply(null, bytes.subarray(from, end) as unknown as number[]));
}

function isWordByte(byte: number): boolean {
  const lower = byte | 32;
  return (lower >= 97 && lower <= 122) || (byte >= 48 && byte <= 57) || byte === 95 || byte === 36;
}

/** Says of line after line whether it goes on with the trace that the lines before it are of. */
export class StackTraces {
  readonly #byState = new Map<State, Rule[]>();
  #state: State = 'line';

  constructor(presets: readonly TracePreset[]) {
    const rules = new Set(presets.flatMap((preset) => RULES[preset]));
    for (const rule of rules) {
      for (const state of rule.from) this.#byState.set(state, [...(this.#byState.get(state) ?? []), rule]);
    }
  }

  /** Before the first line of a record that is begun whatever the lines before it were. */
  reset(): void {
    this.#state = 'line';
  }

  /** The line before was of no trace. */
  get outside(): boolean {
    return this.#state === 'line';
  }

  /** Does the line, of which these are the first characters, go on with the record of the line before? */
  continues(head: string): boolean {
    for (const rule of this.#byState.get(this.#state) ?? []) {
      if (!rule.pattern.test(head)) continue;
      this.#state = rule.to;
      return rule.begins !== true;
    }
    this.#state = 'line';
    // It may begin a trace of another kind.
    for (const rule of this.#byState.get('line') ?? []) {
      if (!rule.pattern.test(head)) continue;
      this.#state = rule.to;
      break;
    }
    return false;
  }
}
