/** Second half of `npm run build`: writes what the language and editors need, from the verbs in runner/steps. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assembleLanguage, type VerbSource, validatorModule } from './assemble';
import { editorSchemas } from './editor-schema';

const root = path.join(__dirname, '..', '..');

/** The verbs by file: each file of runner/steps that exports `verb`. Sources are listed, so that a deleted verb's old output does not count. */
function loadVerbs(): VerbSource[] {
  const files = readdirSync(path.join(root, 'runner', 'steps'), { withFileTypes: true });
  const verbs: VerbSource[] = [];
  for (const file of files) {
    if (!file.isFile() || !file.name.endsWith('.ts') || file.name.endsWith('.d.ts')) continue;
    const name = path.basename(file.name, '.ts');
    const module = require(path.join(root, 'dist', 'runner', 'steps', `${name}.js`)) as { verb?: VerbSource };
    if (!module.verb) continue;
    if (module.verb.name !== name)
      throw new Error(
        `runner/steps/${file.name} exports the verb "${module.verb.name}": the file is named after its verb`,
      );
    verbs.push(module.verb);
  }
  return verbs;
}

/** Clause ids for completion in editors; without a catalogue any id of the right form is accepted. */
function clauseIds(): string[] {
  try {
    const text = readFileSync(path.join(root, 'scenarios', 'clauses.yaml'), 'utf8');
    return [...text.matchAll(/^\s*-?\s*\{?\s*(?:- )?id: ([A-Z][A-Z0-9-]*)/gm)].map((match) => match[1] ?? '');
  } catch {
    return [];
  }
}

/** Whole or not at all, and only when it changed: editors and other builds may be reading. */
function write(file: string, text: string): void {
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  try {
    if (readFileSync(target, 'utf8') === text) return;
  } catch {
    // Not there yet.
  }
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, target);
}

const language = assembleLanguage(loadVerbs());
write('dist/generated/verbs.json', `${JSON.stringify(language, undefined, 1)}\n`);
write('dist/generated/validators.js', validatorModule(language));
for (const [name, schema] of Object.entries(editorSchemas(language, clauseIds()))) {
  // The modeline of scenarios names the first one; it stands at the top so that `../../scenario.schema.json` stays short.
  write(
    name === 'scenario' ? 'scenario.schema.json' : `schemas/${name}.schema.json`,
    `${JSON.stringify(schema, undefined, 1)}\n`,
  );
}
