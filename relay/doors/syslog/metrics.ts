import type { Registry } from '../../../lib/metrics.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

/** What the syslog door counts. */
export type SyslogMetrics = ReturnType<typeof syslogMetrics>;

export function syslogMetrics(metrics: Registry) {
  return {
    messages: metrics.counter(
      'heliograph_relay_syslog_messages_total',
      'Syslog messages that were read and went on to the journal, by transport.',
    ),
    bytes: metrics.counter('heliograph_relay_syslog_bytes_total', 'Bytes of these messages, by transport.'),
    dropped: metrics.counter(
      'heliograph_relay_syslog_dropped_total',
      'Syslog messages that did not go on, by transport and reason.',
    ),
    odd: metrics.counter(
      'heliograph_relay_syslog_odd_total',
      'Syslog messages of which something had not the form it should have, and which were taken as they are, by what.',
    ),
    overHosts: metrics.counter(
      'heliograph_relay_syslog_over_hosts_total',
      'Lines that do not stand under their own host, because there are more than maxHosts.',
    ),
    refusedConnections: metrics.counter(
      'heliograph_relay_syslog_refused_connections_total',
      'Connections of syslog that were not let in, or closed, by transport and reason.',
    ),
    pauses: metrics.counter(
      'heliograph_relay_syslog_pauses_total',
      'How often connections were not read because the journal was behind.',
    ),
    kernelDropped: metrics.counter(
      'heliograph_relay_syslog_udp_kernel_dropped_total',
      'Datagrams that the system dropped before they were read, because the receive buffer was full.',
    ),
    connections: metrics.gauge('heliograph_relay_syslog_connections', 'Connections of syslog, by transport.'),
    waiting: metrics.gauge(
      'heliograph_relay_syslog_waiting_bytes',
      'Bytes of lines on their way to the journal, of udp and of streams.',
    ),
    receiveBuffer: metrics.gauge(
      'heliograph_relay_syslog_udp_receive_buffer_bytes',
      'What the system gives for datagrams that are not read yet.',
    ),
  };
}
