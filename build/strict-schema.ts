/** From a TypeBox schema to the plain JSON Schema that validators and the reader use. */
import { type JsonSchema, KEYWORDS } from '../runner/language/json-schema';

/**
 * A deep copy in which maps take no unknown keys, a property with a default may be left out, and a union of constants is an enum.
 * Throws with `where` for a schema that the language could not read.
 */
export function strictSchema(schema: unknown, where: string): JsonSchema {
  // TypeBox keeps its own marks in symbols, which JSON drops.
  return strict(JSON.parse(JSON.stringify(schema)) as JsonSchema, where);
}

function strict(schema: JsonSchema, where: string): JsonSchema {
  for (const keyword of Object.keys(schema)) {
    if (!KEYWORDS.has(keyword)) throw new Error(`${where}: the language cannot read the schema keyword "${keyword}"`);
  }
  if (schema['x-kind'] === 'opaque') return schema;
  const result: Record<string, unknown> = { ...schema };
  if (schema.properties) {
    const properties = Object.entries(schema.properties);
    result.properties = Object.fromEntries(properties.map(([key, inner]) => [key, strict(inner, `${where}.${key}`)]));
    const defaulted = new Set(properties.filter(([, inner]) => inner.default !== undefined).map(([key]) => key));
    const required = (schema.required ?? []).filter((key) => !defaulted.has(key));
    if (required.length > 0) result.required = required;
    else delete result.required;
    if (schema.additionalProperties === undefined) result.additionalProperties = false;
  }
  if (typeof schema.additionalProperties === 'object') {
    result.additionalProperties = strict(schema.additionalProperties, `${where}.*`);
  }
  if (schema.items) result.items = strict(schema.items, `${where}[]`);
  if (schema.anyOf) {
    const branches = schema.anyOf.map((branch, index) => strict(branch, `${where}|${index}`));
    const constants = branches.map((branch) => branch.const);
    if (schema['x-kind'] === undefined && constants.every((constant) => constant !== undefined)) {
      delete result.anyOf;
      return { ...result, enum: constants, 'x-kind': 'choice' };
    }
    if (branches.some(holdsSteps)) throw new Error(`${where}: steps cannot stand in a union`);
    result.anyOf = branches;
  }
  return result;
}

function holdsSteps(schema: JsonSchema): boolean {
  if (schema['x-kind'] === 'steps') return true;
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
  ];
  return inner.some(holdsSteps);
}
