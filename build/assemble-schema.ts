/** Second half of `npm run build`: writes what the language and editors need, from the verbs in runner/steps. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CertificateFile } from '../reports/certificate/schema';
import type { Catalogue } from '../runner/language/catalogue';
import { checkCatalogue } from '../runner/language/check-catalogue';
import { formatDiagnostic } from '../runner/language/code-frame';
import { checkSource } from '../runner/language/load';
import { prebuild } from '../runner/language/prebuilt-catalogue';
import { readSource } from '../runner/language/source';
import { type GeneratedLanguage, vocabularyOf } from '../runner/language/vocabulary';
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

/** Checked with the language that was just assembled. A wrong catalogue is told and does not stop the build: lint and the tests do. */
function loadClauses(language: GeneratedLanguage): Catalogue | undefined {
  const file = path.join(root, 'scenarios', 'clauses.yaml');
  const source = readSource(file);
  if ('code' in source) {
    console.error(formatDiagnostic(source));
    return undefined;
  }
  const words = vocabularyOf(language, {});
  const checked = checkSource(source, 'catalogue', words, undefined, checkCatalogue);
  if (checked.ok) return checked.value;
  for (const error of checked.errors) console.error(formatDiagnostic(error, source.text));
  return undefined;
}

const language = assembleLanguage(loadVerbs());
write('dist/generated/verbs.json', `${JSON.stringify(language)}\n`);
write('dist/generated/validators.js', validatorModule(language));
const catalogue = loadClauses(language);
if (catalogue) write('dist/generated/catalogue.json', `${JSON.stringify(prebuild(catalogue))}\n`);
for (const [name, schema] of Object.entries(editorSchemas(language, [...(catalogue?.clauses.values() ?? [])]))) {
  // The modeline of scenarios names the first one; it stands at the top so that `../../scenario.schema.json` stays short.
  const file = name === 'scenario' ? 'scenario.schema.json' : `schemas/${name}.schema.json`;
  write(file, `${JSON.stringify(schema, undefined, 1)}\n`);
}
const certificate = { $schema: 'http://json-schema.org/draft-07/schema#', ...CertificateFile };
write('schemas/certificate.schema.json', `${JSON.stringify(certificate, undefined, 1)}\n`);
