/**
 * The Jest preset: `preset: 'vfio-conformance'` in a vendor's jest.config makes the YAML files under its suites/ and scenarios/ Jest tests. It
 * sets everything a YAML project needs and nothing that concerns a project's other tests.
 */
import path from 'node:path';
import { circusRunner } from './jest-parts';

/** Settings that every project of YAML suites has, whatever its files. */
export const SUITE_SETTINGS = {
  moduleFileExtensions: ['yaml', 'yml', 'js', 'cjs', 'json', 'node'],
  transform: { '\\.ya?ml$': path.join(__dirname, 'yaml-transformer.js') },
  transformIgnorePatterns: [],
  testEnvironment: path.join(__dirname, 'environment.js'),
  testRunner: circusRunner(),
  runner: path.join(__dirname, 'device-runner.js'),
};

export const preset = {
  ...SUITE_SETTINGS,
  testMatch: ['**/suites/**/*.{yaml,yml}', '**/scenarios/**/!(clauses|conditions).{yaml,yml}'],
  // Looking through installed packages and old results takes longer than many a suite.
  modulePathIgnorePatterns: ['/node_modules/', '<rootDir>/results/'],
  globalSetup: path.join(__dirname, 'global-setup.js'),
  globalTeardown: path.join(__dirname, 'global-teardown.js'),
};
