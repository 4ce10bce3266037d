import { z } from 'zod';
import { readAddress } from './address.ts';

const WRITE = 'write 127.0.0.1:9100, http://127.0.0.1:9100/metrics, https://... or unix:/run/app.sock';

/** A schema for an address; its value is a text again, so that a checked configuration can travel as JSON. */
export const targetAddress = () => z.string().refine((text) => readAddress(text) !== null, WRITE);
