import { counter, gauge, type MetricHelp } from './metric-help.ts';

/** What node_exporter says of the names of networks of storage and machines, and of what watches a machine. */
export const FABRIC_HELP: Readonly<Record<string, MetricHelp>> = {
  node_fibrechannel_dumped_frames_total: counter('Number of dumped frames'),
  node_fibrechannel_error_frames_total: counter('Number of errors in frames'),
  node_fibrechannel_fcp_packet_aborts_total: counter('Number of aborted packets'),
  node_fibrechannel_info: gauge('Non-numeric data from /sys/class/fc_host/<host>, value is always 1.'),
  node_fibrechannel_invalid_crc_total: counter('Invalid Cyclic Redundancy Check count'),
  node_fibrechannel_invalid_tx_words_total: counter('Number of invalid words transmitted by host port'),
  node_fibrechannel_link_failure_total: counter('Number of times the host port link has failed'),
  node_fibrechannel_loss_of_signal_total: counter('Number of times signal has been lost'),
  node_fibrechannel_loss_of_sync_total: counter('Number of failures on either bit or transmission word boundaries'),
  node_fibrechannel_nos_total: counter('Number Not_Operational Primitive Sequence received by host port'),
  node_fibrechannel_rx_frames_total: counter('Number of frames received'),
  node_fibrechannel_rx_words_total: counter('Number of words received by host port'),
  node_fibrechannel_seconds_since_last_reset_total: counter('Number of seconds since last host port reset'),
  node_fibrechannel_tx_frames_total: counter('Number of frames transmitted by host port'),
  node_fibrechannel_tx_words_total: counter('Number of words transmitted by host port'),
  node_infiniband_info: gauge('Non-numeric data from /sys/class/infiniband/<device>, value is always 1.'),
  node_infiniband_legacy_data_received_bytes_total: counter('Number of data octets received on all links'),
  node_infiniband_legacy_data_transmitted_bytes_total: counter('Number of data octets transmitted on all links'),
  node_infiniband_legacy_multicast_packets_received_total: counter('Number of multicast packets received'),
  node_infiniband_legacy_multicast_packets_transmitted_total: counter('Number of multicast packets transmitted'),
  node_infiniband_legacy_packets_received_total: counter('Number of data packets received on all links'),
  node_infiniband_legacy_packets_transmitted_total: counter('Number of data packets received on all links'),
  node_infiniband_legacy_unicast_packets_received_total: counter('Number of unicast packets received'),
  node_infiniband_legacy_unicast_packets_transmitted_total: counter('Number of unicast packets transmitted'),
  node_infiniband_link_downed_total: counter(
    'Number of times the link failed to recover from an error state and went down',
  ),
  node_infiniband_link_error_recovery_total: counter(
    'Number of times the link successfully recovered from an error state',
  ),
  node_infiniband_multicast_packets_received_total: counter('Number of multicast packets received (including errors)'),
  node_infiniband_multicast_packets_transmitted_total: counter(
    'Number of multicast packets transmitted (including errors)',
  ),
  node_infiniband_physical_state_id: gauge(
    'Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: shift, 5: link up, 6: link error recover, 7: phytest)',
  ),
  node_infiniband_port_constraint_errors_received_total: counter(
    'Number of packets received on the switch physical port that are discarded',
  ),
  node_infiniband_port_constraint_errors_transmitted_total: counter(
    'Number of packets not transmitted from the switch physical port',
  ),
  node_infiniband_port_data_received_bytes_total: counter('Number of data octets received on all links'),
  node_infiniband_port_data_transmitted_bytes_total: counter('Number of data octets transmitted on all links'),
  node_infiniband_port_discards_received_total: counter(
    'Number of inbound packets discarded by the port because the port is down or congested',
  ),
  node_infiniband_port_discards_transmitted_total: counter(
    'Number of outbound packets discarded by the port because the port is down or congested',
  ),
  node_infiniband_port_errors_received_total: counter(
    'Number of packets containing an error that were received on this port',
  ),
  node_infiniband_port_packets_received_total: counter(
    'Number of packets received on all VLs by this port (including errors)',
  ),
  node_infiniband_port_packets_transmitted_total: counter(
    'Number of packets transmitted on all VLs from this port (including errors)',
  ),
  node_infiniband_port_transmit_wait_total: counter(
    'Number of ticks during which the port had data to transmit but no data was sent during the entire tick',
  ),
  node_infiniband_rate_bytes_per_second: gauge('Maximum signal transfer rate'),
  node_infiniband_state_id: gauge(
    'State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act defer)',
  ),
  node_infiniband_unicast_packets_received_total: counter('Number of unicast packets received (including errors)'),
  node_infiniband_unicast_packets_transmitted_total: counter(
    'Number of unicast packets transmitted (including errors)',
  ),
  node_ipvs_backend_connections_active: gauge('The current active connections by local and remote address.'),
  node_ipvs_backend_connections_inactive: gauge('The current inactive connections by local and remote address.'),
  node_ipvs_backend_weight: gauge('The current backend weight by local and remote address.'),
  node_ipvs_connections_total: counter('The total number of connections made.'),
  node_ipvs_incoming_bytes_total: counter('The total amount of incoming data.'),
  node_ipvs_incoming_packets_total: counter('The total number of incoming packets.'),
  node_ipvs_outgoing_bytes_total: counter('The total amount of outgoing data.'),
  node_ipvs_outgoing_packets_total: counter('The total number of outgoing packets.'),
  node_kernel_hung_tasks_total: counter(
    'Total number of tasks that have been detected as hung since the system booted.',
  ),
  node_nfs_connections_total: counter('Total number of NFSd TCP connections.'),
  node_nfs_packets_total: counter('Total NFSd network packets (sent+received) by protocol type.'),
  node_nfs_requests_total: counter('Number of NFS procedures invoked.'),
  node_nfs_rpc_authentication_refreshes_total: counter('Number of RPC authentication refreshes performed.'),
  node_nfs_rpc_retransmissions_total: counter('Number of RPC transmissions performed.'),
  node_nfs_rpcs_total: counter('Total number of RPCs performed.'),
  node_nfsd_connections_total: counter('Total number of NFSd TCP connections.'),
  node_nfsd_disk_bytes_read_total: counter('Total NFSd bytes read.'),
  node_nfsd_disk_bytes_written_total: counter('Total NFSd bytes written.'),
  node_nfsd_file_handles_stale_total: counter('Total number of NFSd stale file handles'),
  node_nfsd_packets_total: counter('Total NFSd network packets (sent+received) by protocol type.'),
  node_nfsd_read_ahead_cache_not_found_total: counter('Total number of NFSd read ahead cache not found.'),
  node_nfsd_read_ahead_cache_size_blocks: gauge('How large the read ahead cache is in blocks.'),
  node_nfsd_reply_cache_hits_total: counter('Total number of NFSd Reply Cache hits (client lost server response).'),
  node_nfsd_reply_cache_misses_total: counter(
    'Total number of NFSd Reply Cache an operation that requires caching (idempotent).',
  ),
  node_nfsd_reply_cache_nocache_total: counter(
    'Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).',
  ),
  node_nfsd_requests_total: counter('Total number NFSd Requests by method and protocol.'),
  node_nfsd_rpc_errors_total: counter('Total number of NFSd RPC errors by error type.'),
  node_nfsd_server_rpcs_total: counter('Total number of NFSd RPCs.'),
  node_nfsd_server_threads: gauge('Total number of NFSd kernel threads that are running.'),
  node_rapl_core_joules_total: counter('Current RAPL core value in joules'),
  node_rapl_package_joules_total: counter('Current RAPL package value in joules'),
  node_watchdog_access_cs0: gauge('Value of /sys/class/watchdog/<watchdog>/access_cs0'),
  node_watchdog_bootstatus: gauge('Value of /sys/class/watchdog/<watchdog>/bootstatus'),
  node_watchdog_fw_version: gauge('Value of /sys/class/watchdog/<watchdog>/fw_version'),
  node_watchdog_info: gauge('Info of /sys/class/watchdog/<watchdog>'),
  node_watchdog_nowayout: gauge('Value of /sys/class/watchdog/<watchdog>/nowayout'),
  node_watchdog_pretimeout_seconds: gauge('Value of /sys/class/watchdog/<watchdog>/pretimeout'),
  node_watchdog_timeleft_seconds: gauge('Value of /sys/class/watchdog/<watchdog>/timeleft'),
  node_watchdog_timeout_seconds: gauge('Value of /sys/class/watchdog/<watchdog>/timeout'),
  node_infiniband_excessive_buffer_overrun_errors_total: counter(
    'Number of times that OverrunErrors consecutive flow control update periods occurred, each having at least one overrun error.',
  ),
  node_infiniband_local_link_integrity_errors_total: counter(
    'Number of times that the count of local physical errors exceeded the threshold specified by LocalPhyErrors.',
  ),
  node_infiniband_port_receive_remote_physical_errors_total: counter(
    'Number of packets marked with the EBP (End of Bad Packet) delimiter received on the port.',
  ),
  node_infiniband_port_receive_switch_relay_errors_total: counter(
    'Number of packets that could not be forwarded by the switch.',
  ),
  node_infiniband_symbol_error_total: counter('Number of minor link errors detected on one or more physical lanes.'),
  node_infiniband_vl15_dropped_total: counter('Number of incoming VL15 packets dropped due to resource limitations.'),
  node_infiniband_duplicate_requests_packets_total: counter(
    'The number of received packets. A duplicate request is a request that had been previously executed.',
  ),
  node_infiniband_implied_nak_seq_errors_total: counter(
    'The number of time the requested decided an ACK. with a PSN larger than the expected PSN for an RDMA read or response.',
  ),
  node_infiniband_lifespan_seconds: gauge(
    'The maximum period in ms which defines the aging of the counter reads. Two consecutive reads within this period might return the same values.',
  ),
  node_infiniband_local_ack_timeout_errors_total: counter(
    "The number of times QP's ack timer expired for RC, XRC, DCT QPs at the sender side. The QP retry limit was not exceed, therefore it is still recoverable error.",
  ),
  node_infiniband_np_cnp_packets_sent_total: counter(
    'The number of CNP packets sent by the Notification Point when it noticed congestion experienced in the RoCEv2 IP header (ECN bits). The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_np_ecn_marked_roce_packets_received_total: counter(
    "The number of RoCEv2 packets received by the notification point which were marked for experiencing the congestion (ECN bits where '11' on the ingress RoCE traffic) . The counters was added in MLNX_OFED 4.1",
  ),
  node_infiniband_out_of_buffer_drops_total: counter(
    'The number of drops occurred due to lack of WQE for the associated QPs.',
  ),
  node_infiniband_out_of_sequence_packets_received_total: counter('The number of out of sequence packets received.'),
  node_infiniband_packet_sequence_errors_total: counter(
    'The number of received NAK sequence error packets. The QP retry limit was not exceeded.',
  ),
  node_infiniband_req_cqes_errors_total: counter(
    'The number of times requester detected CQEs completed with errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_req_cqes_flush_errors_total: counter(
    'The number of times requester detected CQEs completed with flushed errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_req_remote_access_errors_total: counter(
    'The number of times requester detected remote access errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_req_remote_invalid_request_errors_total: counter(
    'The number of times requester detected remote invalid request errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_resp_cqes_errors_total: counter(
    'The number of times responder detected CQEs completed with errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_resp_cqes_flush_errors_total: counter(
    'The number of times responder detected CQEs completed with flushed errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_resp_local_length_errors_total: counter(
    'The number of times responder detected local length errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_resp_remote_access_errors_total: counter(
    'The number of times responder detected remote access errors. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_rnr_nak_retry_packets_received_total: counter(
    'The number of received RNR NAK packets. The QP retry limit was not exceeded.',
  ),
  node_infiniband_roce_adp_retransmits_total: counter(
    'The number of adaptive retransmissions for RoCE traffic. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0',
  ),
  node_infiniband_roce_adp_retransmits_timeout_total: counter(
    'The number of times RoCE traffic reached timeout due to adaptive retransmission. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0',
  ),
  node_infiniband_roce_slow_restart_used_total: counter(
    'The number of times RoCE slow restart was used. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0',
  ),
  node_infiniband_roce_slow_restart_cnps_total: counter(
    'The number of times RoCE slow restart generated CNP packets. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0',
  ),
  node_infiniband_roce_slow_restart_total: counter(
    'The number of times RoCE slow restart changed state to slow restart. The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0',
  ),
  node_infiniband_rp_cnp_packets_handled_total: counter(
    'The number of CNP packets handled by the Reaction Point HCA to throttle the transmission rate. The counters was added in MLNX_OFED 4.1',
  ),
  node_infiniband_rp_cnp_ignored_packets_received_total: counter(
    'The number of CNP packets received and ignored by the Reaction Point HCA. This counter should not raise if RoCE Congestion Control was enabled in the network. If this counter raise, verify that ECN was enabled on the adapter.',
  ),
  node_infiniband_rx_atomic_requests_total: counter('The number of received ATOMIC request for the associated QPs.'),
  node_infiniband_rx_dct_connect_requests_total: counter(
    'The number of received connection requests for the associated DCTs.',
  ),
  node_infiniband_rx_read_requests_total: counter('The number of received READ requests for the associated QPs.'),
  node_infiniband_rx_write_requests_total: counter('The number of received WRITE requests for the associated QPs.'),
  node_infiniband_rx_icrc_encapsulated_errors_total: counter(
    'The number of RoCE packets with ICRC errors. This counter was added in MLNX_OFED 4.4 and kernel 4.19',
  ),
  node_selinux_config_mode: gauge('Configured SELinux enforcement mode'),
  node_selinux_current_mode: gauge('Current SELinux enforcement mode'),
  node_selinux_enabled: gauge('SELinux is enabled, 1 is true, 0 is false'),
};
