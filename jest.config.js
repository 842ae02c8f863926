'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { preset } = require('./dist/runner/jest/preset.js');

/** The suites, and what they are made of: a change there runs them again in watch mode. */
const folders = ['suites', 'scenarios', 'devices'].filter((folder) => fs.existsSync(path.join(__dirname, folder)));

/**
 * `kit` holds the kit's own tests (compiled by tsc into dist/tests); `suites` holds the conformance suites themselves, which
 * are Jest test files in YAML and run on the reference device unless VFIO_CONFORMANCE_DEVICE names another.
 */
module.exports = {
  watchman: false,
  projects: [
    {
      displayName: 'kit',
      rootDir: __dirname,
      roots: ['<rootDir>/dist/tests'],
      testEnvironment: 'node',
      testMatch: ['**/*.test.js'],
      transform: {},
      haste: { forceNodeFilesystemAPI: true },
    },
    {
      ...preset,
      displayName: 'suites',
      rootDir: __dirname,
      roots: folders.map((folder) => `<rootDir>/${folder}`),
      haste: { forceNodeFilesystemAPI: true },
      testMatch: ['<rootDir>/suites/**/*.{yaml,yml}'],
    },
  ],
};
