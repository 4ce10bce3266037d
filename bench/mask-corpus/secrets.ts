import { BASE62, CAPITALS, characters, DIGITS, digits, HEX, LETTERS, luhnDigit, pick, type Random } from './random.ts';

/** A kind of secret, made anew each time. `secret` is the part of the text that nobody may read. */
export interface SecretMaker {
  readonly kind: string;
  readonly what: string;
  readonly make: (random: Random) => { readonly text: string; readonly secret: string };
}

const whole = (kind: string, what: string, make: (random: Random) => string): SecretMaker => ({
  kind,
  what,
  make: (random) => {
    const text = make(random);
    return { text, secret: text };
  },
});
const behind = (
  kind: string,
  what: string,
  before: string,
  make: (random: Random) => string,
  after = '',
): SecretMaker => ({
  kind,
  what,
  make: (random) => {
    const secret = make(random);
    return { text: before + secret + after, secret };
  },
});
const base64url = (count: number, random: Random) => characters(`${BASE62}-_`, count, random);
/** Not the words that say that there is none. */
const password = (random: Random) =>
  `${characters(BASE62, 7, random)}${characters('!$%*+.~^', 1, random)}${digits(2, random)}`;

export const SECRETS: readonly SecretMaker[] = [
  ...ibans(),
  whole(
    'email',
    'e-mail address',
    (random) =>
      `${characters(LETTERS, 6, random)}.${characters(LETTERS, 5, random)}@example.${pick(['org', 'com', 'co.uk', 'museum'], random)}`,
  ),
  whole(
    'email',
    'e-mail address with a tag',
    (random) =>
      `${characters(LETTERS, 5, random)}+${characters(LETTERS, 3, random)}@mail-${digits(2, random)}.example.net`,
  ),
  whole('phone', 'telephone, international', (random) => `+49${pick(['30', '89', '171'], random)}${digits(7, random)}`),
  whole('phone', 'telephone, with spaces', (random) => `+44 20 ${digits(4, random)} ${digits(4, random)}`),
  whole('phone', 'telephone, with dashes', (random) => `+1-212-555-${digits(4, random)}`),
  whole(
    'phone',
    'telephone, (212) 555-0100',
    (random) => `(${pick(['212', '415', '808'], random)}) 555-${digits(4, random)}`,
  ),
  whole(
    'national_id',
    'US social security number',
    (random) =>
      `${1 + random(5)}${1 + random(9)}${digits(1, random)}-${1 + random(9)}${digits(1, random)}-${1 + random(9)}${digits(3, random)}`,
  ),
  whole('national_id', 'Spanish DNI', (random) => withLetter(digits(8, random))),
  whole('national_id', 'Brazilian CPF', cpf),
  whole('national_id', 'Swedish personnummer', personnummer),
  whole('national_id', 'Chinese identity card', chineseCard),
  whole(
    'national_id',
    'UK National Insurance number',
    (random) => `AB${digits(6, random)}${pick(['A', 'B', 'C', 'D'], random)}`,
  ),
  behind('token', 'Bearer token', 'Authorization: Bearer ', (random) => base64url(43, random)),
  behind('token', 'Basic credentials', 'Authorization: Basic ', (random) =>
    Buffer.from(`${characters(LETTERS, 6, random)}:${characters(BASE62, 12, random)}`).toString('base64'),
  ),
  whole('token', 'JSON web token', (random) =>
    [`{"alg":"HS256"}`, `{"sub":"${digits(8, random)}"}`]
      .map((part) => Buffer.from(part).toString('base64url'))
      .concat(base64url(43, random))
      .join('.'),
  ),
  whole('token', 'AWS access key', (random) => `AKIA${characters(`${CAPITALS}234567`, 16, random)}`),
  whole('token', 'GitHub token', (random) => `ghp_${characters(BASE62, 36, random)}`),
  whole(
    'token',
    'Slack token',
    (random) => `xoxb-${digits(11, random)}-${digits(11, random)}-${characters(BASE62, 24, random)}`,
  ),
  whole('token', 'Stripe key', (random) => `sk_live_${characters(BASE62, 24, random)}`),
  behind('key_value', 'password=', 'password=', password),
  behind('key_value', 'DB_PASSWORD: "', 'DB_PASSWORD: "', password, '"'),
  behind('key_value', '"api_key":"', '"api_key":"', (random) => characters(HEX, 32, random), '"'),
  behind('key_value', 'client-secret=', 'client-secret=', (random) => base64url(32, random)),
  behind('key_value', 'access_token=', 'access_token=', (random) => base64url(32, random)),
  behind(
    'url_password',
    "a URL's password",
    'postgres://app:',
    (random) => characters(BASE62, 12, random),
    '@db.internal:5432/shop',
  ),
];

/** Countries' lengths and what stands in them, as letters for digits. */
function ibans(): SecretMaker[] {
  const forms = {
    DE: '0'.repeat(18),
    FR: '0'.repeat(23),
    GB: `AAAA${'0'.repeat(14)}`,
    NL: `AAAA${'0'.repeat(10)}`,
    ES: '0'.repeat(20),
    NO: '0'.repeat(11),
    PL: '0'.repeat(24),
    CH: '0'.repeat(17),
  };
  return Object.entries(forms).flatMap(([country, form]) => {
    const make = (random: Random) => {
      const account = [...form]
        .map((one) => (one === 'A' ? characters(CAPITALS, 1, random) : characters(DIGITS, 1, random)))
        .join('');
      return `${country}${ibanCheck(country, account)}${account}`;
    };
    return [
      whole('iban', `IBAN, ${country}`, make),
      whole('iban', `IBAN, ${country}, spaces`, (random) => make(random).replace(/(.{4})(?=.)/g, '$1 ')),
    ];
  });
}

/** ISO 7064, MOD 97-10, over the account with the country behind it. */
function ibanCheck(country: string, account: string): string {
  const number = [...`${account}${country}00`]
    .map((one) => (/\d/.test(one) ? one : String(one.charCodeAt(0) - 55)))
    .join('');
  return String(98n - (BigInt(number) % 97n)).padStart(2, '0');
}

function withLetter(number: string): string {
  return number + 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23];
}

function cpf(random: Random): string {
  const numbers = [1 + random(4), 5 + random(5), ...Array.from({ length: 7 }, () => random(10))];
  for (let check = 0; check < 2; check++) {
    const sum = numbers.reduce((total, number, i) => total + number * (numbers.length + 1 - i), 0);
    numbers.push(((sum * 10) % 11) % 10);
  }
  return numbers.join('').replace(/^(...)(...)(...)(..)$/, '$1.$2.$3-$4');
}

function personnummer(random: Random): string {
  const two = (from: number, count: number) => String(from + random(count)).padStart(2, '0');
  const birth = `${two(40, 60)}${two(1, 12)}${two(1, 28)}`;
  const serial = digits(3, random);
  return `${birth}-${serial}${luhnDigit(birth + serial)}`;
}

function chineseCard(random: Random): string {
  const two = (from: number, count: number) => String(from + random(count)).padStart(2, '0');
  const head = `1101${two(1, 15)}19${two(50, 50)}${two(1, 12)}${two(1, 28)}${digits(3, random)}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(head[i]), 0);
  return head + '10X98765432'[sum % 11];
}
