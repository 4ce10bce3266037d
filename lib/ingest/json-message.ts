import type { Field, Type } from 'protobufjs';
import { HeliographError } from '../errors.ts';

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const HEX = /^([0-9a-fA-F]{2})*$/;

/** How bytes are written: OTLP writes the ids of traces and spans in hex, everything else is base64. */
const hexField = (field: Field): boolean => /(trace|span)Id$/i.test(field.name);

/**
 * A protobuf message out of its JSON form: names in camel case (the .proto's own are taken too), 64-bit numbers as texts or
 * numbers. The result has the shape that decoding the binary form has. Fields that are not known
 * are left alone, as a later version may have them.
 * @throws HeliographError HG_DOOR_SYNTAX with the path of what does not fit
 */
export function messageOfJson(type: Type, json: unknown, path = ''): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw misfit(path, 'an object', json);
  const message = type.create() as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(json)) {
    const field = fieldOf(type, key) ?? fieldOf(type, camel(key));
    if (field === undefined || value === null) continue;
    const place = path === '' ? key : `${path}.${key}`;
    field.resolve();
    if (!field.repeated) {
      message[field.name] = one(field, value, place);
      continue;
    }
    if (!Array.isArray(value)) throw misfit(place, 'a list', value);
    message[field.name] = value.map((item, i) => one(field, item, `${place}[${i}]`));
  }
  return message;
}

function fieldOf(type: Type, name: string): Field | undefined {
  return Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
}

function one(field: Field, value: unknown, path: string): unknown {
  if (field.resolvedType !== null) return messageOfJson(field.resolvedType as Type, value, path);
  switch (field.type) {
    case 'string':
      if (typeof value !== 'string') throw misfit(path, 'a text', value);
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw misfit(path, 'true or false', value);
      return value;
    case 'bytes':
      return bytesOf(value, path, hexField(field));
    default:
      return numberOf(value, path, field.type === 'double' || field.type === 'float');
  }
}

function numberOf(value: unknown, path: string, broken: boolean): number {
  if (typeof value === 'number') {
    if (!broken && !Number.isInteger(value)) throw misfit(path, 'a whole number', value);
    return value;
  }
  if (typeof value !== 'string' || value.trim() === '') throw misfit(path, 'a number', value);
  if (broken && value === 'NaN') return Number.NaN;
  const number = Number(value);
  if (Number.isNaN(number) || (!broken && !/^-?\d+$/.test(value))) throw misfit(path, 'a number', value);
  return number;
}

function bytesOf(value: unknown, path: string, asHex: boolean): Uint8Array {
  if (typeof value !== 'string') throw misfit(path, 'bytes as text', value);
  if (asHex) {
    if (!HEX.test(value)) throw misfit(path, 'hex digits', value);
    return Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }
  if (!BASE64.test(value)) throw misfit(path, 'base64', value);
  return Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}

function camel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function misfit(path: string, wanted: string, got: unknown): HeliographError {
  const shown = (JSON.stringify(got) ?? String(got)).slice(0, 80);
  return new HeliographError('HG_DOOR_SYNTAX', `${path === '' ? 'the body' : path} must be ${wanted}, not ${shown}`, {
    path,
  });
}
