/**
 * What a file means, worked out from its plain YAML value and the verbs' schemas without the kit's reader: short forms made long, defaults
 * put in, a matrix unrolled, sizes in bytes, durations in milliseconds. What the reader makes of an accepted file must be the same.
 */
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { JsonSchema } from '../../../runner/language/json-schema';
import { STATE_NAMES } from '../../../runner/language/names';
import type { Vocabulary } from '../../../runner/language/vocabulary';

export type Plain = Readonly<Record<string, unknown>>;

export function plainDocument(text: string): Document.Parsed {
  return parseDocument(text, { version: '1.2', schema: 'core', intAsBigInt: true, logLevel: 'silent' });
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value with the text that stands for it inside other text. */
interface Filling {
  readonly value: unknown;
  readonly text: string;
}
export type Fillings = ReadonlyMap<string, Filling>;

/** The rows of a matrix, in the order of the cases. */
export function matrixRows(document: Document.Parsed): readonly Fillings[] {
  const node: unknown = document.getIn(['matrix'], true);
  if (isSeq(node)) {
    return node.items.map((item) => {
      const row = new Map<string, Filling>();
      if (isMap(item)) for (const pair of item.items) row.set(String(pair.key), fillingOf(pair.value, document));
      return row;
    });
  }
  let rows: readonly Fillings[] = [new Map()];
  if (!isMap(node)) return rows;
  for (const pair of node.items) {
    const values = isSeq(pair.value) ? pair.value.items.map((item) => fillingOf(item, document)) : [];
    rows = rows.flatMap((row) => values.map((value) => new Map([...row, [String(pair.key), value]])));
  }
  return rows;
}

function fillingOf(node: unknown, document: Document.Parsed): Filling {
  if (!isScalar(node)) {
    const value = (node as { toJS?(document: Document.Parsed): unknown } | null)?.toJS?.(document);
    return { value, text: '' };
  }
  return { value: node.value, text: typeof node.value === 'string' ? node.value : (node.source ?? String(node.value)) };
}

export function fillPlain(value: unknown, fillings: Fillings): unknown {
  if (Array.isArray(value)) return value.map((one) => fillPlain(one, fillings));
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fillPlain(one, fillings)]));
  if (typeof value !== 'string' || !value.includes('${')) return value;
  const whole = /^\$\{([a-z][a-z0-9-]*)\}$/.exec(value)?.[1];
  if (whole !== undefined) return fillings.get(whole)?.value;
  const text = value.replaceAll(/\$\{([a-z][a-z0-9-]*)\}/g, (_match, name: string) => fillings.get(name)?.text ?? '');
  if (/^(-?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$/.test(text))
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

const BESIDE = ['expect', 'judge', 'provoke', 'within', 'note'];

export class Meaning {
  constructor(private readonly words: Vocabulary) {}

  steps(plain: unknown): unknown {
    return (Array.isArray(plain) ? plain : []).map((step) => this.step(isPlain(step) ? step : {}));
  }

  private step(plain: Plain): unknown {
    const named = Object.keys(plain).filter((key) => this.words.verbs.has(key));
    const name = named.find((key) => !BESIDE.includes(key)) ?? named[0] ?? '';
    const verb = this.words.verbs.get(name);
    if (!verb) return { verb: name };
    const written = plain[name];
    let args: Record<string, unknown> = {};
    if (isPlain(written)) args = { ...written };
    else if (written !== null && verb.main !== undefined) args = { [verb.main]: written };
    if (plain.steps !== undefined) args.steps = plain.steps;
    const said: Record<string, unknown> = { verb: name, args: this.map(verb.arguments, args) };
    const { common, expectation } = this.words.documents;
    for (const key of BESIDE) {
      const value = plain[key];
      if (value === undefined || key === name) continue;
      if (key === 'expect') said[key] = this.map(expectation, isPlain(value) ? value : { result: value });
      else said[key] = this.value(common.properties?.[key] ?? {}, value);
    }
    return said;
  }

  /** Keys that are there, and those that have a default. */
  map(schema: JsonSchema, plain: Plain): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const value = plain[key] === undefined ? property.default : plain[key];
      if (value !== undefined && property['x-kind'] !== 'opaque') result[key] = this.value(property, value);
    }
    if (typeof schema.additionalProperties === 'object')
      for (const [key, value] of Object.entries(plain)) result[key] = this.value(schema.additionalProperties, value);
    return result;
  }

  value(schema: JsonSchema, plain: unknown): unknown {
    const kind = schema['x-kind'];
    if (kind === 'steps') return this.steps(plain);
    if (kind === 'many') {
      const [one, list] = schema.anyOf ?? [];
      return Array.isArray(plain) ? this.value(list ?? {}, plain) : [this.value(one ?? {}, plain)];
    }
    if (kind !== undefined) return scalar(kind, plain);
    if (schema.anyOf) {
      const branch = schema.anyOf.find((one) => one.enum?.includes(plain) || one.const === plain);
      return this.value(branch ?? schema.anyOf.find((one) => one.enum === undefined) ?? {}, plain);
    }
    if (Array.isArray(plain)) return plain.map((one) => this.value(schema.items ?? {}, one));
    return schema.type === 'object' && isPlain(plain) ? this.map(schema, plain) : plain;
  }
}

function scalar(kind: string, plain: unknown): unknown {
  switch (kind) {
    case 'size':
    case 'address':
      return typeof plain === 'string' ? bytesOf(plain) : BigInt(plain as number);
    case 'number64':
      return BigInt(plain as number);
    case 'count':
    case 'width':
      return Number(plain);
    case 'duration':
      return milliseconds(String(plain));
    case 'state': {
      const state = Number(plain);
      return typeof plain === 'string' ? plain : (STATE_NAMES[state] ?? `0x${state.toString(16)}`);
    }
    case 'region':
      return String(plain);
    case 'choice':
      return typeof plain === 'bigint' ? Number(plain) : plain;
    case 'bytes':
      return String(plain).replaceAll(' ', '').toLowerCase();
    default:
      return plain;
  }
}

function bytesOf(text: string): bigint {
  const [digits = '0', unit = ''] = text.split(/(?<=[0-9])(?=[A-Z])/);
  return BigInt(digits) << BigInt(10 * ['B', 'KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit));
}

function milliseconds(text: string): number {
  const [digits = '0', unit = ''] = text.split(/(?<=[0-9])(?=[a-z])/);
  const nanoseconds = { us: 1e3, ms: 1e6, s: 1e9, min: 6e10 }[unit] ?? Number.NaN;
  return Math.round(Number(digits) * nanoseconds) / 1e6;
}
