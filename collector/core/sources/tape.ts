import { addNumbers, entries, type NumberFile } from './attribute.ts';
import type { Source } from './source.ts';
import { whereThere } from './where-there.ts';

/** Files of stats (kernel, Documentation/scsi/st.rst); nanoseconds there. */
const FILES: readonly NumberFile[] = [
  ['in_flight', 'node_tape_io_now'],
  ['io_ns', 'node_tape_io_time_seconds_total', 1e-9],
  ['other_cnt', 'node_tape_io_others_total'],
  ['read_byte_cnt', 'node_tape_read_bytes_total'],
  ['read_cnt', 'node_tape_reads_completed_total'],
  ['read_ns', 'node_tape_read_time_seconds_total', 1e-9],
  ['resid_cnt', 'node_tape_residual_total'],
  ['write_byte_cnt', 'node_tape_written_bytes_total'],
  ['write_cnt', 'node_tape_writes_completed_total'],
  ['write_ns', 'node_tape_write_time_seconds_total', 1e-9],
];

/** node_tape_*: drives of /sys/class/scsi_tape, without the modes that each has beside its name (st0a, nst0 ...). */
export function tapeSource(): Source {
  return whereThere((paths) => paths.sys('class/scsi_tape'), {
    name: 'tapestats',
    collect(context) {
      const { paths, labels } = context;
      for (const device of entries(context, paths.sys('class/scsi_tape'))) {
        if (!/^st\d+$/.test(device)) continue;
        addNumbers(context, paths.sys(`class/scsi_tape/${device}/stats`), FILES, labels('device', device));
      }
    },
  });
}
