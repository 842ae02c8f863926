/** A file of shared steps: its parameters, and its steps as far as they can be judged without a use. */
import type { CheckedDocument } from './document';
import { LABEL_PATTERN } from './patterns';
import { fill } from './placeholders';
import type { SourcePosition, Step } from './scenario';
import type { SharedFile } from './schemas';
import { StepReader } from './steps';
import { quote } from './suggest';
import { entryOf, type MapTree, type Tree } from './tree';

export interface SharedSteps {
  readonly file: string;
  readonly name: string;
  readonly description?: string;
  readonly parameters: ReadonlyMap<string, { readonly description?: string; readonly optional: boolean }>;
  /** With the defaults put in; a step whose parameter has none lacks that argument. */
  readonly steps: readonly Step[];
  readonly position: SourcePosition;
}

interface Parameter {
  readonly description?: string;
  /** The default, as it is written. */
  readonly standard?: Tree;
}

/** The parameters by name; what is wrong with them is in the complaints. */
export function sharedParameters(document: CheckedDocument, tree: MapTree): ReadonlyMap<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  const schema = document.surroundings.vocabulary.documents.shared.properties?.parameters;
  const entry = entryOf(tree, 'parameters');
  if (!schema || !entry) return parameters;
  // A file that is checked by itself is read whole, its parameters with it.
  if (document.user) {
    const place = { name: 'parameters', owner: entry.keyRange };
    document.read(schema, undefined, entry.value, place, new StepReader(document));
  }
  if (entry.value.kind !== 'map') return parameters;
  for (const { key, keyRange, value } of entry.value.entries) {
    if (!new RegExp(LABEL_PATTERN).test(key) || key.length > 64) {
      document.complain(keyRange, {
        code: 'not-a-label',
        message: `${quote(key)} is not a name for a parameter`,
        cause: 'names are lower-case letters, digits and hyphens, and begin with a letter',
      });
      continue;
    }
    const standard = value.kind === 'map' ? entryOf(value, 'default')?.value : undefined;
    const description = value.kind === 'map' ? entryOf(value, 'description')?.value : undefined;
    if (standard?.kind === 'scalar' && standard.text.includes('${')) {
      document.complain(standard.range, { code: 'bad-placeholder', message: 'a default holds no placeholder' });
    }
    parameters.set(key, {
      ...(standard ? { standard } : {}),
      ...(description?.kind === 'scalar' ? { description: description.text } : {}),
    });
  }
  return parameters;
}

export function checkShared(document: CheckedDocument, tree: Tree): SharedSteps | undefined {
  const { vocabulary } = document.surroundings;
  const owner = (tree.kind === 'map' ? tree.entries[0]?.keyRange : undefined) ?? tree.range;
  const used = new Set<string>();
  const parameters = tree.kind === 'map' ? sharedParameters(document, tree) : new Map<string, Parameter>();
  const withDefaults = tree.kind === 'map' ? filled(document, tree, parameters, used) : tree;
  const place = { name: 'the file of shared steps', owner };
  const read = document.read(
    vocabulary.documents.shared,
    vocabulary.validator('shared'),
    withDefaults,
    place,
    new StepReader(document),
  );
  document.flush(new Map());
  if (document.hasErrors || tree.kind !== 'map') return undefined;
  const names = entryOf(tree, 'parameters')?.value;
  for (const { key, keyRange } of names?.kind === 'map' ? names.entries : []) {
    if (!used.has(key))
      document.complaints.warning(keyRange, 'unused-value', `no step uses \${${key}}`, {
        cause: 'a value that is given for it changes nothing',
      });
  }
  const file = read as SharedFile;
  return {
    file: document.complaints.source.file,
    name: file.shared,
    ...(file.description === undefined ? {} : { description: file.description }),
    parameters: new Map(
      [...parameters].map(([name, { description, standard }]) => [
        name,
        { ...(description === undefined ? {} : { description }), optional: standard !== undefined },
      ]),
    ),
    steps: file.steps,
    position: document.complaints.position(owner),
  };
}

function filled(
  document: CheckedDocument,
  tree: MapTree,
  parameters: ReadonlyMap<string, Parameter>,
  used: Set<string>,
): MapTree {
  const values = new Map<string, Tree>();
  for (const [name, { standard }] of parameters) if (standard) values.set(name, standard);
  const entries = tree.entries.map((entry) =>
    entry.key !== 'steps'
      ? entry
      : {
          ...entry,
          value: fill(entry.value, {
            values,
            unknown: new Set([...parameters.keys()].filter((name) => !values.has(name))),
            from: '`parameters:`',
            none: 'names that a use gives values to stand in `parameters:`, as in "parameters: {as: {default: state}}"',
            complain: document.complain.bind(document),
            used: (name) => void used.add(name),
          }),
        },
  );
  return { ...tree, entries };
}
