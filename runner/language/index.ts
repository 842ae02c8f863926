/** The language: text in, checked scenarios, suites, profiles and the catalogue out, every complaint with its place. */

export { scenarioId } from './case-id';
export { type Catalogue, selectClauses } from './catalogue';
export { codeFrame, formatDiagnostic } from './code-frame';
export { LanguageError } from './language-error';
export { lintFiles } from './lint';
export {
  type LanguageOptions,
  loadCatalogue,
  loadConditions,
  loadProfile,
  loadScenario,
  loadShared,
  loadSuite,
  PACKAGE_ROOT,
} from './load';
export * from './needs';
export { resolveTargets, type Target } from './targets';
export { type VerbEntry, type Vocabulary, vocabulary } from './vocabulary';
