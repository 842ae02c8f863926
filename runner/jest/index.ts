/** YAML suites as Jest tests. */
export { isTaken } from './case-filter';
export type { CaseGroup, Engine, EngineModule, LoadedTarget } from './engine';
export type { JestProject } from './project';
export { jestProjectFor } from './project';
export { rerunLine } from './rerun-line';
export { JEST_CONFIG_FILE, type RunJestOptions, runJest } from './run-jest';
