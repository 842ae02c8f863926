/** `npm run docs:language`: writes docs/language.md. A test says when that is due. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { GeneratedLanguage } from '../runner/language/vocabulary';
import { languageDoc } from './language-doc';

const root = path.join(__dirname, '..', '..');
const language = require(path.join(root, 'dist', 'generated', 'verbs.json')) as GeneratedLanguage;
writeFileSync(path.join(root, 'docs', 'language.md'), languageDoc(language));
