/** The bytes of base64. */
export function bytesOf(data: string): Uint8Array {
  return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
}

/** Sixteen a line: where, in hex, and as letters where they are ones of ASCII. */
export function hexText(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(
      '',
    );
    rows.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${letters}`);
  }
  return rows.join('\n');
}

/** As text: what is not UTF-8, and control characters, as a mark. */
export function plainText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd');
}
