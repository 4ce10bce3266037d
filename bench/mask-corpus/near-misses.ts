import { BASE62, characters, digits, HEX, luhnDigit, pick, type Random } from './random.ts';

const NOW_MS = Date.UTC(2026, 10, 30);
const YEAR_MS = 31_536_000_000;

function uuid(random: Random): string {
  const group = (count: number) => characters(HEX, count, random);
  return `${group(8)}-${group(4)}-4${group(3)}-8${group(3)}-${group(12)}`;
}
const octets = (random: Random) => Array.from({ length: 4 }, () => random(256)).join('.');
const ms = (random: Random) => NOW_MS - random(YEAR_MS);
/** A number of 16 digits that begins with no nought. */
const sixteen = (random: Random) => `${1 + random(9)}${digits(15, random)}`;
const luhn = (payload: string) => payload + luhnDigit(payload);

/** What stands in lines and is no secret, made anew each time. */
export const NEAR_MISSES: Readonly<Record<string, (random: Random) => string>> = {
  UUID: uuid,
  'UUID of digits alone': (random) => uuid((below) => random(Math.min(below, 10))),
  'UUID without dashes': (random) => uuid(random).replaceAll('-', ''),
  'trace id (128 bits, hexadecimal)': (random) => characters(HEX, 32, random),
  'span id (64 bits, hexadecimal)': (random) => characters(HEX, 16, random),
  'trace_id= a decimal number': (random) => `trace_id=${1 + random(9)}${digits(18, random)}`,
  'traceparent of W3C': (random) => `00-${characters(HEX, 32, random)}-${characters(HEX, 16, random)}-01`,
  'time, s': (random) => String(Math.floor(ms(random) / 1_000)),
  'time, ms': (random) => String(ms(random)),
  'time, us': (random) => `${ms(random)}${digits(3, random)}`,
  'time, ns': (random) => `${ms(random)}${digits(6, random)}`,
  'time, ISO 8601': (random) => new Date(ms(random)).toISOString(),
  'time, digits alone': (random) => new Date(ms(random)).toISOString().replace(/\D/g, ''),
  'order number that fails the check': (random) => {
    const payload = `4${digits(14, random)}`;
    return payload + String((Number(luhnDigit(payload)) + 1 + random(9)) % 10);
  },
  'number of 16 digits': sixteen,
  'number of 16 digits, in fours': (random) => sixteen(random).replace(/(.{4})(?=.)/g, '$1 '),
  'number of 16 digits from 4 on': (random) => `4${digits(15, random)}`,
  'order number that passes the check by chance': (random) => luhn(`4${digits(14, random)}`),
  'number of 12 digits': (random) => `${1 + random(9)}${digits(11, random)}`,
  'number of 19 digits': (random) => `${1 + random(9)}${digits(18, random)}`,
  'number of 22 digits': (random) => `${1 + random(9)}${digits(21, random)}`,
  'snowflake of 2026': (random) => String((BigInt(ms(random) - 1_288_834_974_657) << 22n) + BigInt(random(4_194_304))),
  'SHA-1': (random) => characters(HEX, 40, random),
  'SHA-256': (random) => characters(HEX, 64, random),
  'MD5 in capitals': (random) => characters(HEX, 32, random).toUpperCase(),
  base64: (random) => `${characters(`${BASE62}+/`, 43, random)}=`,
  version: (random) => `${random(20)}.${random(40)}.${random(200)}-rc.${random(9)}`,
  'version, long': (random) => `${random(20)}.${random(40)}.${random(20_000)}.${random(2_000)}`,
  'package@version': (random) => `lodash@${random(9)}.${random(30)}.${random(30)}`,
  'IPv4 with a port': (random) => `${octets(random)}:${1_024 + random(60_000)}`,
  IPv6: (random) =>
    `2001:db8:${characters(HEX, 4, random)}::${characters(HEX, 4, random)}:${characters(HEX, 4, random)}`,
  'MAC address': (random) => Array.from({ length: 6 }, () => characters(HEX, 2, random)).join(':'),
  'ISBN-13': (random) => isbn(`978${digits(9, random)}`),
  'ISBN-13 with dashes': (random) =>
    isbn(`978${digits(9, random)}`).replace(/^(...)(.)(....)(....)(.)$/, '$1-$2-$3-$4-$5'),
  'EAN-13': (random) => isbn(`4${digits(11, random)}`),
  'IMEI (it has the same check digit)': (random) => luhn(`35${digits(12, random)}`),
  'ICCID of a SIM card (it has the same check digit)': (random) => luhn(`8949${digits(14, random)}`),
  'floating point number': (random) => `${random(1_000)}.${digits(16, random)}`,
  'floating point number, small': (random) => `${1 + random(9)}.${digits(15, random)}e-${1 + random(20)}`,
  coordinates: (random) => `${random(90)}.${digits(14, random)},${random(180)}.${digits(14, random)}`,
  'bytes and a rate': (random) =>
    `${digits(10, random)} bytes (${random(999)}.${random(9)} MB) copied, ${random(9)}.${digits(5, random)} s`,
  'columns of numbers': (random) => Array.from({ length: 8 }, () => String(random(100_000))).join(' '),
  'phase of a date': (random) =>
    `${2_000 + random(27)}-${10 + random(3)}-${10 + random(18)} ${10 + random(13)}:${10 + random(49)}`,
  'systemd unit': (random) => `user@${1_000 + random(999)}.service`,
  'picture@2x': (random) => `logo-${random(99)}@2x.png`,
  'URL with a port': (random) => `http://app-${random(99)}.internal:${1_024 + random(60_000)}/health`,
  'offset of a time zone': (random) => `2026-11-30T10:00:${10 + random(49)}+0100`,
  'words about tokens': (random) =>
    `${pick(['invalid token: unexpected end', 'token: none', 'max_tokens: 4096', 'password: null', 'Basic authentication', 'bearer of bad news'], random)}`,
  'certificate serial': (random) =>
    Array.from({ length: 16 }, () => characters(HEX, 2, random).toUpperCase()).join(':'),
  'hexadecimal address': (random) => `0x${characters(HEX, 16, random)}`,
  'stack frame': (random) => `at com.example.Order.add(Order.java:${random(999)})`,
};

/** Behind its check digit (ISO 2108; the same for EAN). */
function isbn(twelve: string): string {
  const sum = [...twelve].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0);
  return twelve + String((10 - (sum % 10)) % 10);
}
