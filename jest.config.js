'use strict';

/**
 * `kit` holds the kit's own tests (compiled by tsc into dist/tests); `suites` holds the conformance suites themselves, which
 * are Jest test files in YAML and run on the reference device unless VFIO_CONFORMANCE_DEVICE names another.
 */
module.exports = {
  projects: [
    {
      displayName: 'kit',
      rootDir: __dirname,
      roots: ['<rootDir>/dist/tests'],
      testEnvironment: 'node',
      testMatch: ['**/*.test.js'],
      transform: {},
    },
  ],
};
