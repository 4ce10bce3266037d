import { attribute, entries } from './attribute.ts';
import { integer } from './number.ts';
import type { Source } from './source.ts';
import { whereThere } from './where-there.ts';

const TEXTS = [
  'dev_loss_tmo',
  'port_state',
  'port_type',
  'speed',
  'supported_classes',
  'supported_speeds',
  'symbolic_name',
];
/** Of names in hexadecimal, which are written without their 0x. */
const NAMES = ['fabric_name', 'port_id', 'port_name'];
/** Files of statistics, and what follows node_fibrechannel_. */
const COUNTERS = [
  ['dumped_frames', 'dumped_frames_total'],
  ['error_frames', 'error_frames_total'],
  ['invalid_crc_count', 'invalid_crc_total'],
  ['rx_frames', 'rx_frames_total'],
  ['rx_words', 'rx_words_total'],
  ['tx_frames', 'tx_frames_total'],
  ['tx_words', 'tx_words_total'],
  ['seconds_since_last_reset', 'seconds_since_last_reset_total'],
  ['invalid_tx_word_count', 'invalid_tx_words_total'],
  ['link_failure_count', 'link_failure_total'],
  ['loss_of_sync_count', 'loss_of_sync_total'],
  ['loss_of_signal_count', 'loss_of_signal_total'],
  ['nos_count', 'nos_total'],
  ['fcp_packet_aborts', 'fcp_packet_aborts_total'],
] as const;

/** -1 in 64 bits, of an adapter that does not count this. */
const NOT_COUNTED = 2 ** 64;

/** node_fibrechannel_*: host adapters of /sys/class/fc_host; their counters are hexadecimal, -1 where an adapter does not count. */
export function fibreChannelSource(): Source {
  return whereThere((paths) => paths.sys('class/fc_host'), {
    name: 'fibrechannel',
    collect(context) {
      const { paths, labels, metric, sink } = context;
      for (const host of entries(context, paths.sys('class/fc_host'))) {
        const folder = paths.sys(`class/fc_host/${host}`);
        const texts = TEXTS.flatMap((file) => [file, attribute(context, `${folder}/${file}`) ?? '']);
        const ids = NAMES.flatMap((file) => [file, (attribute(context, `${folder}/${file}`) ?? '').slice(2)]);
        sink.add('node_fibrechannel_info', labels('fc_host', host, ...texts, ...ids), 1);
        const pairs = labels('fc_host', host);
        for (const [file, name] of COUNTERS) {
          const value = integer(attribute(context, `${folder}/statistics/${file}`));
          if (value < NOT_COUNTED) sink.add(metric('node_fibrechannel_', name, ''), pairs, value);
        }
      }
    },
  });
}
