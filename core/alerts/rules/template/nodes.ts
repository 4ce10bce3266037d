/** The syntax tree of a template. `at` is the offset of a node; `text` is how Go writes it in messages. */
export type Operand =
  | { readonly kind: 'dot'; readonly at: number; readonly text: string }
  | { readonly kind: 'nil'; readonly at: number; readonly text: string }
  | { readonly kind: 'boolean'; readonly at: number; readonly text: string; readonly value: boolean }
  | { readonly kind: 'string'; readonly at: number; readonly text: string; readonly value: string }
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number | bigint }
  | { readonly kind: 'field'; readonly at: number; readonly text: string; readonly names: readonly string[] }
  | VariableNode
  | { readonly kind: 'function'; readonly at: number; readonly text: string }
  | ChainNode
  | Pipeline;

export interface VariableNode {
  readonly kind: 'variable';
  readonly at: number;
  readonly text: string;
  /** With its `$`. */
  readonly name: string;
  /** The fields behind it. */
  readonly names: readonly string[];
}

export interface ChainNode {
  readonly kind: 'chain';
  readonly at: number;
  readonly text: string;
  readonly inner: Operand;
  readonly names: readonly string[];
}

export interface Command {
  readonly at: number;
  readonly text: string;
  readonly words: readonly Operand[];
}

export interface Pipeline {
  readonly kind: 'pipeline';
  readonly at: number;
  readonly text: string;
  readonly declared: readonly string[];
  /** `=`: the variables are there already. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly at: number;
  readonly pipeline: Pipeline;
  readonly body: readonly Part[];
  readonly otherwise: readonly Part[] | null;
}

export type Part =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipeline: Pipeline }
  | { readonly kind: 'template'; readonly at: number; readonly name: string; readonly pipeline: Pipeline | null }
  | { readonly kind: 'break' | 'continue'; readonly at: number }
  | Branch;

/** A template and those it defines, by their names. */
export interface Tree {
  readonly text: string;
  readonly root: readonly Part[];
  readonly defined: ReadonlyMap<string, readonly Part[]>;
}
