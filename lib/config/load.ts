import { readFileSync } from 'node:fs';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  type SchemaOptions,
} from 'yaml';
import { z } from 'zod';
import { HeliographError } from '../errors.ts';
import { fileError } from './file-error.ts';
import { nearest } from './nearest.ts';
import { shown } from './shown.ts';

/** What is wrong at one place of a configuration file. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  /** Dotted path of the key: `tls.cert`. */
  readonly path: string;
  readonly message: string;
  readonly fix: string;
}

/**
 * Reads a YAML file and holds it against a schema. Unknown keys, wrong types and missing values are refused with the
 * file, the line, the value and the fix; all problems of a file are told at once.
 * @param option the command's option that names the file: what a wrong path is mended with
 * @throws HeliographError HG_CONFIG_FILE, HG_CONFIG_SYNTAX, HG_CONFIG_KEY or HG_CONFIG_VALUE (facts.problems has them all)
 */
export function loadConfig<T extends z.ZodType>(file: string, schema: T, option = '--config'): z.output<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(file, option, cause);
  }
  return parseConfig(file, text, schema);
}

/** The same for a text; `file` is only the name in messages. */
export function parseConfig<T extends z.ZodType>(file: string, text: string, schema: T): z.output<T> {
  return parsePlacedConfig(file, text, schema).value;
}

/**
 * The same, with the line at which each part stands.
 * @param yaml how scalars are read: with `{ schema: 'failsafe' }` all of them are text
 */
export function parsePlacedConfig<T extends z.ZodType>(
  file: string,
  text: string,
  schema: T,
  yaml: SchemaOptions = {},
): { readonly value: z.output<T>; readonly lineOf: (path: readonly PropertyKey[]) => number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { ...yaml, lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken) {
    const at = lines.linePos(broken.pos[0]);
    throw new HeliographError('HG_CONFIG_SYNTAX', `${file}:${at.line}:${at.col}: ${broken.message}`, {
      file,
      line: at.line,
    });
  }
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (parsed.success) {
    return { value: parsed.data, lineOf: (path) => position(document.contents, path, lines, false).line };
  }
  const issues = parsed.error.issues.flatMap(meantIssues);
  const problems = issues.flatMap((issue) => describe(issue, document.contents, lines, schema));
  const unknown = issues.some((issue) => issue.code === 'unrecognized_keys');
  const said = problems.map(
    (problem) => `${file}:${problem.line}:${problem.column}: ${problem.message}; ${problem.fix}`,
  );
  throw new HeliographError(unknown ? 'HG_CONFIG_KEY' : 'HG_CONFIG_VALUE', said.join('\n  '), { file, problems });
}

function describe(
  issue: z.core.$ZodIssue,
  contents: ParsedNode | null,
  lines: LineCounter,
  schema: z.ZodType,
): ConfigProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = keysAt(schema, issue.path);
      const near = nearest(key, known);
      return {
        ...position(contents, [...issue.path, key], lines, true),
        path: [...path, key].join('.'),
        message: `key "${[...path, key].join('.')}" is not known`,
        fix: near ? `did you mean "${near}"?` : known.length > 0 ? `known here: ${known.join(', ')}` : 'remove it',
      };
    });
  }
  const value = valueAt(contents, issue.path);
  const missing = value === undefined;
  const name = path.join('.') || 'the file';
  return [
    {
      ...position(contents, issue.path, lines, false),
      path: path.join('.'),
      message: missing ? `"${name}" is missing` : `"${name}" is ${shown(issue.path, value)}`,
      fix: fixFor(issue, missing),
    },
  ];
}

/** Of a value that may be of several kinds: what is wrong with it as the kind that it is; of another value the issue itself. */
function meantIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfKind = (issues: readonly z.core.$ZodIssue[]) =>
    issues.length > 0 && !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  const meant = issue.errors.find(isOfKind);
  return meant?.flatMap((one) => meantIssues({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

/** The kinds of value that a union takes, in words. */
function kindsOf(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return issue.errors.flatMap((issues) => issues.flatMap((one) => (one.code === 'invalid_type' ? [one.expected] : [])));
}

/** zod's words for what it expected, made into an instruction. */
function fixFor(issue: z.core.$ZodIssue, missing: boolean): string {
  const verb = missing ? 'add' : 'write';
  if (issue.code === 'invalid_type') return `${verb} a value of type ${issue.expected}`;
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return `${verb} a value of type ${kindsOf(issue).join(' or ')}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  if (issue.code === 'invalid_value') return `${verb} one of: ${issue.values.map(String).join(', ')}`;
  return issue.message;
}

/** The place of a path in the file; of the deepest part that is there. */
function position(
  contents: ParsedNode | null,
  path: readonly PropertyKey[],
  lines: LineCounter,
  ofKey: boolean,
): { line: number; column: number } {
  let node: unknown = contents;
  let offset = contents?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (!pair) break;
      const at = ofKey && depth === path.length - 1 ? pair.key : (pair.value ?? pair.key);
      offset = (at as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isNode(node) && 'items' in node && typeof key === 'number') {
      node = (node.items as unknown[])[key];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else break;
  }
  const at = lines.linePos(offset);
  return { line: at.line, column: at.col };
}

function valueAt(contents: ParsedNode | null, path: readonly PropertyKey[]): unknown {
  let value: unknown = contents?.toJSON();
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** What stands before a transform. */
function innerOf(schema: unknown): unknown {
  return schema instanceof z.ZodPipe ? schema.in : schema;
}

/** What stands within what may be left out, and behind what is done before a check: that has no keys, those are of the check. */
function unwrapped(schema: unknown): unknown {
  let at = schema;
  for (;;) {
    if (
      at instanceof z.ZodOptional ||
      at instanceof z.ZodDefault ||
      at instanceof z.ZodPrefault ||
      at instanceof z.ZodNullable
    ) {
      at = at.unwrap();
    } else if (at instanceof z.ZodPipe) at = at.in instanceof z.ZodTransform ? at.out : at.in;
    else return at;
  }
}

/** The keys a schema allows at a path, for "did you mean". */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const key of [...path, null]) {
    at = unwrapped(at);
    if (at instanceof z.ZodUnion) at = at.options.map(innerOf).find((option) => option instanceof z.ZodObject) ?? at;
    if (key === null) return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
    if (at instanceof z.ZodObject) at = (at.shape as Record<PropertyKey, unknown>)[key];
    else if (at instanceof z.ZodArray) at = at.element;
    else if (at instanceof z.ZodRecord) at = at.valueType;
    else return [];
  }
  return [];
}
