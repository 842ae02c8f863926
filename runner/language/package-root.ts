import path from 'node:path';

/** The kit's own folder, with scenarios/, suites/ and devices/. */
export const PACKAGE_ROOT = path.join(__dirname, '..', '..', '..');
