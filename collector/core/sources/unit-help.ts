import { counter, gauge, type MetricHelp } from './metric-help.ts';

/** What cAdvisor says of the names of control groups, and process-exporter of those of groups of processes. */
export const UNIT_HELP: Readonly<Record<string, MetricHelp>> = {
  container_cpu_cfs_periods_total: counter('Number of elapsed enforcement period intervals.'),
  container_cpu_cfs_throttled_periods_total: counter('Number of throttled period intervals.'),
  container_cpu_cfs_throttled_seconds_total: counter('Total time duration the container has been throttled.'),
  container_cpu_system_seconds_total: counter('Cumulative system cpu time consumed in seconds.'),
  container_cpu_usage_seconds_total: counter('Cumulative cpu time consumed in seconds.'),
  container_cpu_user_seconds_total: counter('Cumulative user cpu time consumed in seconds.'),
  container_fs_reads_bytes_total: counter('Cumulative count of bytes read'),
  container_fs_reads_total: counter('Cumulative count of reads completed'),
  container_fs_writes_bytes_total: counter('Cumulative count of bytes written'),
  container_fs_writes_total: counter('Cumulative count of writes completed'),
  container_memory_cache: gauge('Number of bytes of page cache memory.'),
  container_memory_failures_total: counter('Cumulative count of memory allocation failures.'),
  container_memory_mapped_file: gauge('Size of memory mapped files in bytes.'),
  container_memory_rss: gauge('Size of RSS in bytes.'),
  container_memory_swap: gauge('Container swap usage in bytes.'),
  container_memory_usage_bytes: gauge(
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
  ),
  container_memory_working_set_bytes: gauge('Current working set in bytes.'),
  container_oom_events_total: counter('Count of out of memory events observed for the container'),
  container_pressure_cpu_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to CPU congestion.',
  ),
  container_pressure_cpu_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to CPU congestion.',
  ),
  container_pressure_io_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to IO congestion.',
  ),
  container_pressure_io_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to IO congestion.',
  ),
  container_pressure_memory_stalled_seconds_total: counter(
    'Total time duration no tasks in the container could make progress due to memory congestion.',
  ),
  container_pressure_memory_waiting_seconds_total: counter(
    'Total time duration tasks in the container have waited due to memory congestion.',
  ),
  container_spec_memory_limit_bytes: gauge('Memory limit for the container.'),
  container_threads: gauge('Number of threads running inside the container.'),
  container_threads_max: gauge('Maximum number of threads allowed inside the container, infinity if value is zero'),
  heliograph_collector_process_groups_overflowed_total: counter(
    'Processes that were put into the group other because there were too many groups named after processes.',
  ),
  heliograph_collector_units_left_out: gauge(
    'Units that fit the patterns and are more than may be reported; at least so many where there are more than 2,000 control groups.',
  ),
  namedprocess_namegroup_cpu_seconds_total: counter('Cpu user usage in seconds'),
  namedprocess_namegroup_major_page_faults_total: counter('Major page faults'),
  namedprocess_namegroup_memory_bytes: gauge('number of bytes of memory in use'),
  namedprocess_namegroup_minor_page_faults_total: counter('Minor page faults'),
  namedprocess_namegroup_num_procs: gauge('number of processes in this group'),
  namedprocess_namegroup_num_threads: gauge('Number of threads'),
  namedprocess_namegroup_oldest_start_time_seconds: gauge(
    'start time in seconds since 1970/01/01 of oldest process in group',
  ),
  namedprocess_namegroup_open_filedesc: gauge('number of open file descriptors for this group'),
  namedprocess_namegroup_read_bytes_total: counter('number of bytes read by this group'),
  namedprocess_namegroup_states: gauge('Number of processes in states Running, Sleeping, Waiting, Zombie, or Other'),
  namedprocess_namegroup_write_bytes_total: counter('number of bytes written by this group'),
  namedprocess_scrape_errors: counter('general scrape errors: no proc metrics collected during a cycle'),
  namedprocess_scrape_partial_errors: counter(
    "incremented each time a tracked proc's metrics collection fails partially, e.g. unreadable I/O stats",
  ),
};
