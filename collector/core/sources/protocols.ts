import { table } from './attribute.ts';
import { decimal, words } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';

/** node_exporter's default fields. */
const FIELDS =
  /^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$/;

/** /proc/net/snmp and /proc/net/netstat: a line of names and a line of values for each protocol. Keys as `Tcp_InSegs`. */
export function parseProtocols(text: string, each: (key: string, value: number) => void): void {
  const lines = text.split('\n');
  for (let i = 0; i + 1 < lines.length; i++) {
    const names = words(lines[i]!);
    const values = words(lines[i + 1]!);
    if (!names[0]!.endsWith(':') || names[0] !== values[0] || names.length !== values.length) continue;
    const protocol = names[0]!.slice(0, -1);
    for (let j = 1; j < names.length; j++) {
      const value = decimal(values[j]);
      if (!Number.isNaN(value)) each(`${protocol}_${names[j]}`, value);
    }
    i++;
  }
}

/** /proc/net/snmp6: `Udp6InDatagrams 12`, the protocol ends at the 6. */
export function parseProtocols6(text: string, each: (key: string, value: number) => void): void {
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z]+6)(\w+)\s+(\d+)\s*$/.exec(line);
    if (match !== null) each(`${match[1]}_${match[2]}`, Number(match[3]));
  }
}

export function protocolsSource(): Source {
  return {
    name: 'netstat',
    collect(context) {
      const { paths, metric, sink } = context;
      const each = (key: string, value: number): void => {
        if (FIELDS.test(key)) sink.add(metric('node_netstat_', key, ''), NO_LABELS, value);
      };
      parseProtocols(table(context, paths.proc('net/netstat')) ?? '', each);
      parseProtocols(table(context, paths.proc('net/snmp')) ?? '', each);
      parseProtocols6(table(context, paths.proc('net/snmp6')) ?? '', each);
    },
  };
}
