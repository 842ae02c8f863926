/**
 * Where the parts of Jest lie that come with the kit. Each is resolved from the package that depends on it, because npm may install them
 * anywhere: next to the kit, inside it, or in a vendor's project beside another version of Jest.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

/** Absolute path of Jest's command line script. */
export function jestScript(): string {
  return path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js');
}

/** The test framework whose event order the environment relies on. */
export function circusRunner(): string {
  return resolveThrough('jest', '@jest/core', 'jest-config', 'jest-circus/runner');
}

export function jestRunner(): string {
  return resolveThrough('jest', '@jest/core', 'jest-runner');
}

function resolveThrough(...packages: readonly string[]): string {
  return packages.reduce((from, name) => createRequire(from).resolve(name), __filename);
}
