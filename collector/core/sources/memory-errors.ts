import { attribute, attributeNumber, entries, numbered } from './attribute.ts';
import type { Source, SourceContext } from './source.ts';

/** Kinds of error: the kernel's files, and the word in the metric. */
const KINDS = [
  ['ce', 'correctable'],
  ['ue', 'uncorrectable'],
] as const;

/** Memory errors that the controllers count: /sys/devices/system/edac/mc (kernel, Documentation/admin-guide/ras.rst). */
export function memoryErrorsSource(): Source {
  return {
    name: 'edac',
    collect(context) {
      const folder = context.paths.sys('devices/system/edac/mc');
      for (const controller of numbered(context, folder, 'mc')) {
        for (const [kind, word] of KINDS) addController(context, `${folder}/mc${controller}`, controller, kind, word);
      }
    },
  };
}

function addController(context: SourceContext, folder: string, controller: string, kind: string, word: string): void {
  const add = (name: string, file: string, ...pairs: string[]) => {
    const value = attributeNumber(context, file);
    if (Number.isNaN(value)) return;
    context.sink.add(
      `node_edac_${name}${word}_errors_total`,
      context.labels('controller', controller, ...pairs),
      value,
    );
  };
  add('', `${folder}/${kind}_count`);
  // What no row can be named for.
  add('csrow_', `${folder}/${kind}_noinfo_count`, 'csrow', 'unknown');
  for (const csrow of numbered(context, folder, 'csrow')) {
    const row = `${folder}/csrow${csrow}`;
    add('csrow_', `${row}/${kind}_count`, 'csrow', csrow);
    for (const file of entries(context, row)) {
      const channel = /^ch(\d+)_ce_count$/.exec(file)?.[1];
      if (channel === undefined) continue;
      const dimm = dimmLabel(attribute(context, `${row}/ch${channel}_dimm_label`));
      add('channel_', `${row}/ch${channel}_${kind}_count`, 'csrow', csrow, 'channel', channel, 'dimm_label', dimm);
    }
  }
}

/** As node_exporter writes it: mc#0csrow#1channel#2 becomes mc0_csrow1_channel2. */
function dimmLabel(text: string | undefined): string {
  return text?.replaceAll('#', '').replaceAll('csrow', '_csrow').replaceAll('channel', '_channel') ?? 'unknown';
}
