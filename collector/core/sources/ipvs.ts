import { table } from './attribute.ts';
import { decimal, words } from './number.ts';
import { NO_LABELS, type Source } from './source.ts';
import { whereThere } from './where-there.ts';

const TOTALS = [
  'node_ipvs_connections_total',
  'node_ipvs_incoming_packets_total',
  'node_ipvs_outgoing_packets_total',
  'node_ipvs_incoming_bytes_total',
  'node_ipvs_outgoing_bytes_total',
];

/** The third line of /proc/net/ip_vs_stats: five hexadecimal totals; null for anything else. */
export function parseBalancerTotals(text: string): number[] | null {
  const fields = words(text.split('\n')[2] ?? '');
  if (fields.length !== TOTALS.length || !fields.every((field) => /^[0-9A-Fa-f]{1,16}$/.test(field))) return null;
  return fields.map((field) => Number.parseInt(field, 16));
}

export interface Backend {
  readonly proto: string;
  readonly mark: string;
  readonly local: readonly [address: string, port: number];
  readonly remote: readonly [address: string, port: number];
  weight: number;
  active: number;
  inactive: number;
}

/** /proc/net/ip_vs: services, each with its backends below it (`-> address:port forward weight active inactive`). Equal ones are one. */
export function parseBackends(text: string): Backend[] {
  const backends = new Map<string, Backend>();
  let service: Pick<Backend, 'proto' | 'mark' | 'local'> | null = null;
  for (const line of text.split('\n')) {
    const [first = '', second = '', ...rest] = words(line);
    if (first === 'TCP' || first === 'UDP') {
      const local = addressOf(second);
      service = local && { proto: first, mark: '', local };
    } else if (first === 'FWM') service = { proto: first, mark: second, local: ['', 0] };
    else if (first === '->' && service !== null) {
      const remote = addressOf(second);
      const [weight = Number.NaN, active = Number.NaN, inactive = Number.NaN] = rest.slice(1).map(decimal);
      if (remote === null || Number.isNaN(weight + active + inactive)) continue;
      const key = [service.proto, service.mark, ...service.local, ...remote].join(' ');
      const known = backends.get(key);
      if (known === undefined) backends.set(key, { ...service, remote, weight, active, inactive });
      else {
        known.weight += weight;
        known.active += active;
        known.inactive += inactive;
      }
    }
  }
  return [...backends.values()];
}

/** `C0A80016:0CEA`, or `[2620:0000:...]:0CEA`. */
function addressOf(text: string): readonly [string, number] | null {
  const four = /^([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2}):([0-9A-Fa-f]{4})$/.exec(text);
  if (four !== null) {
    const bytes = four.slice(1, 5).map((byte) => Number.parseInt(byte, 16));
    return [bytes.join('.'), Number.parseInt(four[5]!, 16)];
  }
  const six = /^\[([0-9A-Fa-f]{4}(?::[0-9A-Fa-f]{4}){7})\]:([0-9A-Fa-f]{4})$/.exec(text);
  return six === null ? null : [shortAddress(six[1]!), Number.parseInt(six[2]!, 16)];
}

/** An IPv6 address as RFC 5952 writes it: no leading zeros, the longest run of two or more zero groups is `::`. */
export function shortAddress(text: string): string {
  const groups = text.split(':').map((group) => Number.parseInt(group, 16));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
    if (length > 0) at += length;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at === -1) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}

/** node_ipvs_*: the kernel's load balancer. */
export function ipvsSource(): Source {
  return whereThere((paths) => paths.proc('net/ip_vs_stats'), {
    name: 'ipvs',
    collect(context) {
      const { paths, labels, sink } = context;
      const totals = parseBalancerTotals(table(context, paths.proc('net/ip_vs_stats')) ?? '');
      if (totals !== null) for (const [i, metric] of TOTALS.entries()) sink.add(metric, NO_LABELS, totals[i]!);
      for (const backend of parseBackends(table(context, paths.proc('net/ip_vs')) ?? '')) {
        const pairs = labels(
          ...['local_address', backend.local[0], 'local_mark', backend.mark, 'local_port', String(backend.local[1])],
          ...['proto', backend.proto],
          ...['remote_address', backend.remote[0], 'remote_port', String(backend.remote[1])],
        );
        sink.add('node_ipvs_backend_connections_active', pairs, backend.active);
        sink.add('node_ipvs_backend_connections_inactive', pairs, backend.inactive);
        sink.add('node_ipvs_backend_weight', pairs, backend.weight);
      }
    },
  });
}
