import { addKnown, table } from './attribute.ts';
import { decimal } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';
import { whereThere } from './where-there.ts';

/** A source of files under /proc that hold one number each. */
function singleNumbers(name: string, files: readonly (readonly [string, string])[]): Source {
  return {
    name,
    collect(context) {
      const { paths } = context;
      for (const [file, metric] of files) {
        const value = decimal(table(context, paths.proc(file))?.trim());
        addKnown(context, metric, NO_LABELS, value);
      }
    },
  };
}

export const entropySource = (): Source =>
  singleNumbers('entropy', [
    ['sys/kernel/random/entropy_avail', 'node_entropy_available_bits'],
    ['sys/kernel/random/poolsize', 'node_entropy_pool_size_bits'],
  ]);

/** Tasks that waited for longer than the kernel finds good (hung_task_timeout_secs); since Linux 6.14. */
export const hungTasksSource = (): Source =>
  whereThere(
    (paths) => paths.proc('sys/kernel/hung_task_detect_count'),
    singleNumbers('kernel_hung', [['sys/kernel/hung_task_detect_count', 'node_kernel_hung_tasks_total']]),
  );
