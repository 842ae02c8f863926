'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { preset } = require('./dist/runner/jest/preset.js');

/** The suites, and what they are made of: a change there runs them again in watch mode. */
const folders = ['suites', 'scenarios', 'devices'].filter((folder) => fs.existsSync(path.join(__dirname, folder)));

/** Suites that claim what the plain reference device is not. */
const OTHER_DEVICES = { 'certify-zpci': 'reference:zpci' };
const elsewhere = Object.keys(OTHER_DEVICES);

/** The suites in these files on this device. */
function suites(displayName, device, files) {
  return {
    ...preset,
    displayName,
    rootDir: __dirname,
    roots: folders.map((folder) => `<rootDir>/${folder}`),
    haste: { forceNodeFilesystemAPI: true },
    testMatch: files.map((file) => `<rootDir>/suites/${file}.{yaml,yml}`),
    testEnvironmentOptions: { vfioConformance: { device: process.env.VFIO_CONFORMANCE_DEVICE ?? device } },
  };
}

/**
 * `kit` holds the kit's own tests (compiled by tsc into dist/tests); the others hold the conformance suites themselves, which
 * are Jest test files in YAML and run on the reference device unless VFIO_CONFORMANCE_DEVICE names another.
 */
module.exports = {
  watchman: false,
  // Jest leaves a core to an editor; half of the tests wait for processes of their own.
  maxWorkers: '100%',
  projects: [
    {
      displayName: 'kit',
      rootDir: __dirname,
      roots: ['<rootDir>/dist/tests'],
      testEnvironment: 'node',
      testMatch: ['**/*.test.js'],
      setupFilesAfterEnv: ['<rootDir>/dist/tests/support/patience.js'],
      transform: {},
      haste: { forceNodeFilesystemAPI: true },
    },
    suites('suites', 'reference', [`!(${elsewhere.join('|')})`]),
    ...elsewhere.map((file) => suites(file, OTHER_DEVICES[file], [file])),
  ],
};
