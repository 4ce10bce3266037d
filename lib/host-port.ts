/** host:port as it stands in URLs and addresses: an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function hostPort({ host, port }: { readonly host: string; readonly port: number | string }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
