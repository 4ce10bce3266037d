/**
 * Headers of a page that trusts nothing but its own address: nothing else runs, loads or connects, and nobody may frame it.
 * @param inline what may run although it stands in the document, as a source of the content policy: `'sha256-...'`
 */
export function guardHeaders(inline?: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `script-src 'self'${inline === undefined ? '' : ` ${inline}`}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}
