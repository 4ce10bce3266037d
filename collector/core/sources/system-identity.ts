import type { Labels, Source, SourceContext } from './source.ts';

const KEYS = [
  'build_id',
  'id',
  'id_like',
  'image_id',
  'image_version',
  'name',
  'pretty_name',
  'variant',
  'variant_id',
  'version',
  'version_codename',
  'version_id',
] as const;

/** os-release: KEY=value lines in shell quoting. Keys in lower case. */
export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const raw = match[2]!;
    const quote = raw[0];
    const body = (quote === '"' || quote === "'") && raw.length > 1 && raw.endsWith(quote) ? raw.slice(1, -1) : raw;
    values.set(match[1]!.toLowerCase(), quote === "'" ? body : body.replace(/\\([\\"$`])/g, '$1'));
  }
  return values;
}

/** node_os_info and node_os_version. The file changes with an upgrade of the system: it is read again every hundred collections. */
export function systemIdentitySource(): Source {
  let info: Labels | null = null;
  let version: Labels | null = null;
  let number = Number.NaN;
  let age = 0;
  const read = ({ paths, text, labels }: SourceContext): void => {
    const release = text(paths.at('/etc/os-release')) ?? text(paths.at('/usr/lib/os-release'));
    info = null;
    version = null;
    if (release === null) return;
    const values = parseOsRelease(release);
    const get = (key: string): string => values.get(key) ?? '';
    info = labels(...KEYS.flatMap((key) => [key, get(key)]));
    version = labels('id', get('id'), 'id_like', get('id_like'), 'name', get('name'));
    const match = /^\d+(\.\d+)?/.exec(get('version_id'));
    number = match === null ? Number.NaN : Number(match[0]);
  };
  return {
    name: 'os',
    collect(context) {
      if (age++ % 100 === 0) read(context);
      if (info !== null) context.sink.add('node_os_info', info, 1);
      if (version !== null && !Number.isNaN(number)) context.sink.add('node_os_version', version, number);
    },
  };
}
