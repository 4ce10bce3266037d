/**
 * Bytes of a sample whose time has six bytes, as every time from 1971 to 2109 has: key and length of the sample (2), key of its value (1), the
 * value (8), key of its time (1), the time (6).
 */
export const SAMPLE = 2 + 1 + 8 + 1 + 6;
