/**
 * The service a file's lines belong to, where none is configured: the file's name without extensions, dates and numbers of
 * rotation; a name that says nothing (`current`, `log`, `access`, `error`, `stdout` ...) is put behind the folder's.
 * `/var/log/nginx/access.log.1` gives `nginx`, `/var/log/app-20260101.log` gives `app`.
 */
export function serviceOfPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const name = stem(parts.at(-1) ?? '');
  if (name !== '' && !/^(access|current|error|log|main|out|output|std(out|err)|app|server|default)$/i.test(name))
    return name;
  const folder = parts.at(-2);
  return folder === undefined || /^logs?$/i.test(folder) ? name || 'unknown' : folder;
}

function stem(name: string): string {
  return name
    .replace(/\.gz$/, '')
    .replace(/(\.(log|txt|out|err|json|jsonl|ndjson|\d{1,4}))+$/i, '')
    .replace(/[-_.]?\d{4}-?\d{2}-?\d{2}([-_T]?\d{2,6})?$/, '')
    .replace(/(\.(log|txt|out|err|json|jsonl|ndjson))+$/i, '');
}
