'use strict';

/**
 * `npm run build`: compiles the TypeScript, then assembles the scenario language from the verbs in runner/steps: JSON Schemas for
 * editors, validators and the verb table that the language reads at run time; then WebAssembly. It must be plain JavaScript: nothing is compiled yet.
 */
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { existsSync } = require('node:fs');

const root = path.join(__dirname, '..');

function node(script, ...args) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1;
}

let compiler;
try {
  compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
} catch {
  console.error(
    'The build needs TypeScript, a development dependency: run `npm ci` without --omit=dev, then `npm run build`.',
  );
  process.exit(1);
}

// Without noEmitOnError the compiler writes what it could compile, so that one folder's error does not keep the language from others.
const compiled = node(compiler, '-p', root);
const assembler = path.join(root, 'dist', 'build', 'assemble-schema.js');
const assembled = existsSync(assembler) ? node(assembler) : 1;
const wasm = path.join(root, 'dist', 'build', 'assemble-wasm.js');
const counted = existsSync(wasm) ? node(wasm) : 1;
process.exit(compiled || assembled || counted);
