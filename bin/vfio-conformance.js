#!/usr/bin/env node
'use strict';

const path = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 9)) {
  console.error(`vfio-conformance needs Node.js 20.9 or newer; this is ${process.version}.`);
  process.exit(2);
}

const main = path.join(__dirname, '..', 'dist', 'runner', 'commands', 'main.js');
try {
  require.resolve(main);
} catch {
  console.error('vfio-conformance is not built: run `npm run build` in its folder (`npm ci` does so by itself).');
  process.exit(2);
}

require(main).main(process.argv.slice(2));
