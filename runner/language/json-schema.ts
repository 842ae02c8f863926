import type { Role } from './roles';

/** The part of JSON Schema (draft-07) that the language uses, with its own keywords. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  /** Understood by yaml-language-server and by us: shown instead of the pattern. */
  readonly patternErrorMessage?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly JsonSchema[];
  /** Which scalar of the language this is; see kinds.ts. */
  readonly 'x-kind'?: string;
  /** Exact limits in decimal; `minimum` and `maximum` are there too where a JSON number holds them. */
  readonly 'x-minimum'?: string;
  readonly 'x-maximum'?: string;
  /** Of each group of keys exactly one is given. */
  readonly 'x-exactly-one'?: readonly (readonly string[])[];
  /** Of each group of keys at most one is given. */
  readonly 'x-at-most-one'?: readonly (readonly string[])[];
  /** A key that means something only beside others: {leave: [buffers]}. */
  readonly 'x-with'?: Readonly<Record<string, readonly string[]>>;
  /** Names that editors offer beside the numbers. */
  readonly 'x-values'?: readonly string[];
  /** What a name or a state stands for, so that a scenario can be followed without being run; see roles.ts. */
  readonly 'x-role'?: Role;
  /** The states in which the verb does what it is for. */
  readonly 'x-in'?: readonly string[];
  /** The state in which the verb leaves the device; `any` where that depends on what is written. */
  readonly 'x-state'?: string;
  /** What the verb changes in the device beyond its state, and does not undo: `registers`. */
  readonly 'x-leaves'?: string;
}

/** Every keyword above; a verb that uses another one fails the build. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'default',
  'examples',
  'enum',
  'const',
  'pattern',
  'patternErrorMessage',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'items',
  'minItems',
  'maxItems',
  'uniqueItems',
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'anyOf',
  'x-kind',
  'x-minimum',
  'x-maximum',
  'x-exactly-one',
  'x-at-most-one',
  'x-with',
  'x-values',
  'x-role',
  'x-in',
  'x-state',
  'x-leaves',
]);
