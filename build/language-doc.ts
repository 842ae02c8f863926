/** docs/language.md: the language in words, from the same schemas that files are checked by. */
import { exampleSteps } from '../runner/language/example';
import type { JsonSchema } from '../runner/language/json-schema';
import { NEEDS } from '../runner/language/needs';
import type { GeneratedLanguage, VerbEntry } from '../runner/language/vocabulary';
import { KIND_WORDS, kindOf } from './kind-words';
import { INTRODUCTION, LINTS, SHARING } from './language-doc-text';

export function languageDoc(language: GeneratedLanguage): string {
  const { scenario, common, expectation, shared, suite, profile } = language.documents;
  return [
    INTRODUCTION,
    '## How values are written\n\nThere is one way to write each kind of value, wherever it stands.\n',
    table(
      ['kind', 'how it is written', 'examples'],
      Object.entries(KIND_WORDS).map(([, words]) => [words.title, words.help, words.examples.map(code).join(' ')]),
    ),
    '## A scenario\n',
    keys(scenario),
    '### What a scenario may need\n',
    table(
      ['`needs`', 'met where'],
      Object.entries(NEEDS).map(([need, meaning]) => [code(need), meaning]),
    ),
    '## A step\n\nA step is one verb. Its short form gives the main argument, its long form a map of all of them. Beside the verb stand:\n',
    keys(common),
    '### expect\n\n`expect: failure`, or `success`, or `either`; or a map:\n',
    keys(expectation),
    '## The verbs\n',
    table(
      ['verb', 'what it does'],
      language.verbs.map(({ name, summary }) => [`[${name}](#${name})`, summary]),
    ),
    ...language.verbs.map(verb),
    SHARING,
    keys(shared),
    '## A suite\n',
    keys(suite),
    '## A device profile\n',
    keys(profile),
    LINTS,
  ]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

function verb(entry: VerbEntry): string {
  const { name, summary, main, takesExpect, examples } = entry;
  const shown = main === undefined ? '' : `The short form gives ${code(main)}. `;
  return [
    `### ${name}\n`,
    `${summary}\n`,
    `${shown}${takesExpect ? 'It takes `expect`.' : 'It takes no `expect`.'}\n`,
    Object.keys(entry.arguments.properties ?? {}).length > 0 ? keys(entry.arguments) : 'It takes no arguments.\n',
    ...examples.map((example) => `\`\`\`yaml\n${exampleSteps(example).replaceAll(/^ {2}/gm, '')}\`\`\`\n`),
  ].join('\n');
}

/** The keys of a map, one a row; those of maps inside it after their own. */
function keys(schema: JsonSchema): string {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => row(key, property, schema));
  const groups = [
    ...(schema['x-exactly-one'] ?? []).map((group) => `Exactly one of ${group.map(code).join(', ')} is given.`),
    ...(schema['x-at-most-one'] ?? []).map((group) => `At most one of ${group.map(code).join(', ')} is given.`),
    ...Object.entries(schema['x-with'] ?? {}).map(
      ([key, others]) => `${code(key)} goes with ${others.map(code).join(' and ')}.`,
    ),
    ...(schema['x-in'] ? [`It does what it is for in ${schema['x-in'].map(code).join(' and ')}.`] : []),
  ];
  return `${table(['key', 'value', 'default', 'meaning'], rows)}${groups.length > 0 ? `\n${groups.join(' ')}\n` : ''}`;
}

function row(key: string, schema: JsonSchema, owner: JsonSchema, path = ''): string[][] {
  const name = `${path}${key}`;
  const standard =
    schema.default !== undefined ? code(spell(schema.default)) : owner.required?.includes(key) ? 'required' : '';
  const inner = schema.type === 'object' && schema['x-kind'] === undefined ? schema : itemOf(schema);
  return [
    [code(name), kindText(schema), standard, schema.description ?? ''],
    ...Object.entries(inner?.properties ?? {}).flatMap(([innerKey, property]) =>
      row(innerKey, property, inner ?? schema, `${name}.`),
    ),
  ];
}

function itemOf(schema: JsonSchema): JsonSchema | undefined {
  return schema.items?.type === 'object' ? schema.items : undefined;
}

/** `a size`, `one of ...`, `a list of ...`. */
function kindText(schema: JsonSchema): string {
  const kind = kindOf(schema);
  const [one, ...others] = schema.anyOf ?? [];
  if (schema['x-kind'] === 'many' && one) return `${kindText(one)}, or a list`;
  if (one) return [one, ...others].map(kindText).join(', or ');
  if (schema.enum && schema.enum.length <= 20) return schema.enum.map((word) => code(String(word))).join(', ');
  if (schema.enum) return 'an errno name, or `any`';
  if (kind) return kind.title.toLowerCase().replace('pci', 'PCI');
  if (schema.type === 'array') return `a list of: ${kindText(schema.items ?? {})}`;
  if (schema.type === 'boolean') return '`true`, `false`';
  return schema.type === 'object' ? 'a map' : '';
}

function spell(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
