import { z } from 'zod';

/** What a JSON schema of ours has (draft 2020-12), as far as the page of configuration looks at it. */
interface Shape {
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

/**
 * The keys of a configuration as a table in Markdown: path, what may stand there, the default, and the words that the
 * schema's source says of it. Generated, so that it cannot grow old.
 * @param source text of the file in which the schema stands; its comments are the words
 * @param sections texts of the files in which sections have their own schemas, by the section's path
 */
export function configTable(
  schema: z.ZodType,
  source: string,
  sections: Readonly<Record<string, string>> = {},
): string {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  const words = commentsByPath(source);
  for (const [key, text] of Object.entries(sections)) {
    for (const [path, said] of commentsByPath(text)) words.set(`${key}.${path}`, said);
  }
  const rows = ['| key | value | default | what it does |', '| --- | --- | --- | --- |'];
  for (const [path, key, required] of keysOf(shape, '')) {
    const said = words.get(path.replaceAll('[]', '')) ?? '';
    const section = sectionText(key);
    // A section's default is that of its keys.
    const given = section === null ? key.default : undefined;
    const fallback = given === undefined ? (required ? '**required**' : '') : `\`${JSON.stringify(given)}\``;
    rows.push(`| \`${path}\` | ${section ?? valueText(key)} | ${fallback} | ${said} |`);
  }
  return `${rows.join('\n')}\n`;
}

/** Every key, depth first: a section before the keys in it. */
function* keysOf(shape: Shape, before: string): Generator<[string, Shape, boolean]> {
  for (const [name, key] of Object.entries(shape.properties ?? {})) {
    const path = `${before}${name}`;
    yield [path, key, shape.required?.includes(name) ?? false];
    for (const map of mapsOf(key)) yield* keysOf(map, `${path}.`);
    for (const map of mapsOf(key.items ?? {})) yield* keysOf(map, `${path}[].`);
  }
}

/** What has keys, also where a text or the like may stand in its place. */
const mapsOf = (shape: Shape): Shape[] => (shape.properties ? [shape] : (shape.anyOf ?? []).flatMap(mapsOf));

/** Null of a key that holds a value. */
function sectionText({ properties, items }: Shape): string | null {
  if (properties) return 'section';
  return items?.properties ? 'list of sections' : null;
}

function valueText(key: Shape): string {
  if (key.enum) return key.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (key.anyOf) return key.anyOf.map(valueText).join(' or ');
  if (key.type === 'array') {
    const kinds = key.items?.anyOf?.map(({ type }) => (type === 'object' ? 'map' : type)) ?? [key.items?.type];
    return `list of ${kinds.map((kind) => `${kind ?? 'value'}s`).join(' or ')}`;
  }
  return key.type === 'object' ? 'map' : (key.type ?? 'value');
}

/** The comment above each key, by the key's path; a key stands deeper than its parent is indented less. */
function commentsByPath(source: string): Map<string, string> {
  const words = new Map<string, string>();
  const parents: { indent: number; name: string }[] = [];
  let comment = '';
  for (const line of source.split('\n')) {
    const said = /^\s*(?:\/\*\*|\*)\s?(.*?)\s*(?:\*\/)?$/.exec(line);
    const key = /^(\s+)(\w+): /.exec(line);
    if (said) comment = line.trimStart().startsWith('/**') ? said[1]! : `${comment} ${said[1]!}`;
    else if (key) {
      const indent = key[1]!.length;
      while (parents.length > 0 && parents.at(-1)!.indent >= indent) parents.pop();
      parents.push({ indent, name: key[2]! });
      if (comment !== '')
        words.set(parents.map((parent) => parent.name).join('.'), comment.trim().replaceAll('|', '\\|'));
      comment = '';
    } else if (line.trim() !== '') comment = '';
  }
  return words;
}
