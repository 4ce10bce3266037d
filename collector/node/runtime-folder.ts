import { basename } from 'node:path';

/**
 * The collector's own of the folders that a service manager made for it in memory; undefined: there is none. systemd joins several by colons, and since
 * version 252 sorts them (systemd.exec(5), RuntimeDirectory=): one for everybody's eyes may stand before it.
 */
export function runtimeFolder(variable: string | undefined): string | undefined {
  const folders = (variable ?? '').split(':').filter((folder) => folder !== '');
  return folders.find((folder) => basename(folder) === 'heliograph-collector') ?? folders[0];
}
