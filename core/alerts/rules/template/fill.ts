import { checked, entriesOf, fieldOf, typeWanted } from './access.ts';
import type { FillBudget } from './budget.ts';
import { BUILTINS } from './builtins.ts';
import type { Parameter, Surroundings, TemplateFunction } from './function.ts';
import { methodOf } from './methods.ts';
import type { Branch, Command, Operand, Part, Pipeline, Tree, VariableNode } from './nodes.ts';
import { printed } from './print.ts';
import { PROMETHEUS_FUNCTIONS } from './prometheus-functions.ts';
import { FillTrouble, placeOf } from './trouble.ts';
import { isTrue, LabelMap, type Root, type Sample, type Value } from './values.ts';

/** What a template may ask for: the answer to a query, given back by whoever goes through the work; null: a rest. */
export type FillWork<T> = Generator<string | null, T, readonly Sample[]>;

/** Bounds of one filling: a rule must not keep the others, whatever its template does. */
const MOST_STEPS = 100_000;
const MOST_BYTES = 64 * 1024;
const MOST_DEPTH = 100;
const MOST_QUERIES = 100;

const MISSING = Symbol('no value comes down the pipe');
type Final = Value | typeof MISSING;

export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...BUILTINS, ...PROMETHEUS_FUNCTIONS }),
);

/** Ends the round of a range, or all of it. */
type Flow = 'break' | 'continue' | undefined;

/** Where it is, for messages. */
interface Place {
  readonly at: number;
  readonly text: string;
}

/**
 * Fills one template in, step by step; yields each query. Semantics and messages are those of Go's text/template with `missingkey=zero`.
 */
export class Filling {
  readonly #tree: Tree;
  readonly #name: string;
  readonly #surroundings: Surroundings;
  readonly #budget: FillBudget | null;
  /** The template that is being filled in: the whole, or one that was defined. */
  #within: string;
  #variables: { readonly name: string; value: Value }[] = [];
  #place: Place = { at: 0, text: '' };
  #output = '';
  #bytes = 0;
  #steps = 0;
  #depth = 0;
  #queries = 0;

  constructor(tree: Tree, name: string, surroundings: Surroundings, budget: FillBudget | null = null) {
    this.#tree = tree;
    this.#name = name;
    this.#within = name;
    this.#surroundings = surroundings;
    this.#budget = budget;
  }

  /** @throws FillTrouble with the place, in Go's words */
  *run(root: Root): FillWork<string> {
    this.#variables = [{ name: '$', value: root }];
    try {
      yield* this.#parts(this.#tree.root, root);
    } catch (error) {
      if (!(error instanceof FillTrouble)) throw error;
      const { line, column } = placeOf(this.#tree.text, this.#place.at);
      const { text } = this.#place;
      throw new FillTrouble(
        `template: ${this.#name}:${line}:${column}: executing ${JSON.stringify(this.#within)} at <${text}>: ${error.message}`,
      );
    }
    return this.#output;
  }

  #write(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > MOST_BYTES) throw new FillTrouble(`the text is longer than ${MOST_BYTES} bytes`);
    this.#output += text;
  }

  #step(place: Place): void {
    this.#place = place;
    if (++this.#steps > MOST_STEPS) throw new FillTrouble(`exceeded maximum of ${MOST_STEPS} steps`);
    this.#budget?.step();
  }

  *#parts(parts: readonly Part[], dot: Value): FillWork<Flow> {
    for (const part of parts) {
      if (this.#budget?.tired) yield null;
      const flow = yield* this.#part(part, dot);
      if (flow !== undefined) return flow;
    }
    return undefined;
  }

  *#part(part: Part, dot: Value): FillWork<Flow> {
    switch (part.kind) {
      case 'text':
        this.#step(part);
        this.#write(part.text);
        return undefined;
      case 'action': {
        this.#step({ at: part.at, text: `{{${part.pipeline.text}}}` });
        const value = yield* this.#pipeline(part.pipeline, dot);
        if (part.pipeline.declared.length === 0) this.#write(printed(value ?? undefined));
        return undefined;
      }
      case 'template':
        yield* this.#template(part.name, part.pipeline, part.at, dot);
        return undefined;
      case 'break':
      case 'continue':
        return part.kind;
      case 'range':
        return yield* this.#range(part, dot);
      default: {
        const mark = this.#variables.length;
        const value = yield* this.#pipeline(part.pipeline, dot);
        const inner = part.kind === 'with' ? value : dot;
        const flow = isTrue(value)
          ? yield* this.#parts(part.body, inner)
          : yield* this.#parts(part.otherwise ?? [], dot);
        this.#variables.length = mark;
        return flow;
      }
    }
  }

  *#template(name: string, pipeline: Pipeline | null, at: number, dot: Value): FillWork<void> {
    this.#step({ at, text: `{{template ${JSON.stringify(name)}${pipeline ? ` ${pipeline.text}` : ''}}}` });
    const parts = this.#tree.defined.get(name);
    if (parts === undefined) throw new FillTrouble(`template ${JSON.stringify(name)} not defined`);
    if (this.#depth === MOST_DEPTH) throw new FillTrouble(`exceeded maximum template depth (${MOST_DEPTH})`);
    const value = pipeline === null ? undefined : yield* this.#pipeline(pipeline, dot);
    const [variables, within] = [this.#variables, this.#within];
    this.#variables = [{ name: '$', value }];
    this.#within = name;
    this.#depth++;
    yield* this.#parts(parts, value);
    this.#depth--;
    this.#within = within;
    this.#variables = variables;
  }

  *#range(part: Branch, dot: Value): FillWork<Flow> {
    const outer = this.#variables.length;
    const { pipeline } = part;
    const over = yield* this.#pipeline(pipeline, dot);
    const mark = this.#variables.length;
    const [first, second] = pipeline.declared;
    let rounds = 0;
    for (const [key, value] of entriesOf(over, second !== undefined)) {
      rounds++;
      if (this.#budget?.tired) yield null;
      this.#step({ at: pipeline.at, text: pipeline.text });
      if (first !== undefined) {
        // With one variable it is the value, with two the key comes first.
        this.#set(first, second === undefined ? value : key);
        if (second !== undefined) this.#set(second, value);
      }
      const flow = yield* this.#parts(part.body, value);
      this.#variables.length = mark;
      if (flow === 'break') break;
    }
    const flow = rounds === 0 ? yield* this.#parts(part.otherwise ?? [], dot) : undefined;
    this.#variables.length = outer;
    return flow;
  }

  #set(name: string, value: Value): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable === undefined) throw new FillTrouble(`undefined variable: ${name}`);
    variable.value = value;
  }

  *#pipeline(pipeline: Pipeline, dot: Value): FillWork<Value> {
    this.#step(pipeline);
    let value: Final = MISSING;
    for (const command of pipeline.commands) value = yield* this.#command(command, dot, value);
    const result = value === MISSING ? undefined : value;
    for (const name of pipeline.declared) {
      if (pipeline.assigns) this.#set(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  *#command(command: Command, dot: Value, final: Final): FillWork<Value> {
    const { words } = command;
    const first = words[0]!;
    const rest = words.slice(1);
    switch (first.kind) {
      case 'field':
        this.#step(first);
        return yield* this.#fields(dot, dot, first.names, rest, final);
      case 'chain': {
        this.#step(first);
        if (first.inner.kind === 'nil') throw new FillTrouble(`indirection through explicit nil in ${first.text}`);
        const inner = yield* this.#operand(first.inner, dot);
        return yield* this.#fields(inner, dot, first.names, rest, final);
      }
      case 'function':
        return yield* this.#call(first, command, dot, final);
      case 'variable': {
        this.#step(first);
        const value = this.#variable(first);
        if (first.names.length > 0) return yield* this.#fields(value, dot, first.names, rest, final);
        noArguments(first, rest, final);
        return value;
      }
      case 'pipeline':
        noArguments(first, rest, final);
        return yield* this.#pipeline(first, dot);
      default:
        this.#step(first);
        noArguments(first, rest, final);
        if (first.kind === 'nil') throw new FillTrouble('nil is not a command');
        return first.kind === 'dot' ? dot : first.value;
    }
  }

  #variable({ name }: VariableNode): Value {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (variable === undefined) throw new FillTrouble(`undefined variable: ${name}`);
    return variable.value;
  }

  /** A value as an argument stands there. */
  *#operand(operand: Operand, dot: Value): FillWork<Value> {
    if (operand.kind === 'nil') {
      this.#place = operand;
      return null;
    }
    return yield* this.#command({ at: operand.at, text: operand.text, words: [operand] }, dot, MISSING);
  }

  *#fields(from: Value, dot: Value, names: readonly string[], rest: readonly Operand[], final: Final): FillWork<Value> {
    let value = from;
    for (const [i, name] of names.entries()) {
      const last = i === names.length - 1;
      const method = methodOf(value, name);
      if (method !== null) {
        const args: Value[] = [];
        if (last) {
          for (const word of rest) args.push(yield* this.#operand(word, dot));
          if (final !== MISSING) args.push(final);
        }
        value = method(args);
      } else {
        if (last && (rest.length > 0 || final !== MISSING)) {
          throw new FillTrouble(
            value instanceof LabelMap
              ? `${name} is not a method but has arguments`
              : `${name} has arguments but cannot be invoked as function`,
          );
        }
        value = fieldOf(value, name);
      }
    }
    return value;
  }

  *#call(node: Place, command: Command, dot: Value, final: Final): FillWork<Value> {
    this.#step(node);
    const name = node.text;
    const rest = command.words.slice(1);
    const { parameters, variadic, call } = FUNCTIONS.get(name)!;
    const count = rest.length + (final === MISSING ? 0 : 1);
    // Go's and, or, print, html and the like take one at least where they name one; args none.
    const least = variadic ? parameters.length - 1 : parameters.length;
    if (variadic ? count < least : count !== least) {
      throw new FillTrouble(
        `wrong number of args for ${name}: want ${variadic ? 'at least ' : ''}${least} got ${count}`,
      );
    }
    const args: Value[] = [];
    for (const word of rest) {
      const parameter = parameters[Math.min(args.length, parameters.length - 1)]!;
      const value = yield* this.#argument(word, parameter, dot);
      if ((name === 'and' || name === 'or') && isTrue(value) === (name === 'or')) return value;
      args.push(value);
    }
    if (final !== MISSING) args.push(checked(final, parameters[Math.min(args.length, parameters.length - 1)]!));
    if (name === 'and' || name === 'or') return args.at(-1);
    if (name === 'query') return yield* this.#query(command, args[0] as string);
    try {
      const value = call(args, this.#surroundings);
      if (typeof value === 'string' && value.length > MOST_BYTES) {
        throw new FillTrouble(`the text is longer than ${MOST_BYTES} bytes`);
      }
      return value;
    } catch (error) {
      if (!(error instanceof FillTrouble)) throw error;
      this.#place = command;
      throw new FillTrouble(`error calling ${name}: ${error.message}`);
    }
  }

  *#query(command: Place, expression: string): FillWork<Value> {
    if (++this.#queries > MOST_QUERIES) throw new FillTrouble(`exceeded maximum of ${MOST_QUERIES} queries`);
    try {
      return yield expression;
    } catch (error) {
      this.#place = command;
      throw new FillTrouble(`error calling query: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  *#argument(word: Operand, parameter: Parameter, dot: Value): FillWork<Value> {
    if (parameter === 'string' && (word.kind === 'number' || word.kind === 'boolean')) {
      this.#place = word;
      throw new FillTrouble(`expected string; found ${word.text}`);
    }
    if (parameter === 'string' && word.kind === 'nil') {
      this.#place = word;
      throw new FillTrouble('cannot assign nil to string');
    }
    if ((parameter === 'vector' || parameter === 'sample') && LITERALS.has(word.kind)) {
      this.#place = word;
      throw new FillTrouble(`can't handle ${word.text} for arg of type ${typeWanted(parameter)}`);
    }
    return checked(yield* this.#operand(word, dot), parameter);
  }
}

const LITERALS: ReadonlySet<Operand['kind']> = new Set(['number', 'boolean', 'string']);

function noArguments(first: Operand, rest: readonly Operand[], final: Final): void {
  if (rest.length > 0 || final !== MISSING) {
    throw new FillTrouble(`can't give argument to non-function ${first.text}`);
  }
}
