/** Last part of `npm run build`: the WebAssembly of runner/vfio, from text to dist/generated. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import loadWabt = require('wabt');

const root = path.join(__dirname, '..', '..');
const NAME = 'bitmap-words';
/** Node 20 has it. */
const FEATURES = { multi_value: true };

async function main(): Promise<void> {
  const source = path.join(root, 'runner', 'vfio', `${NAME}.wat`);
  const target = path.join(root, 'dist', 'generated', `${NAME}.wasm`);
  const wabt = await loadWabt();
  const module = wabt.parseWat(source, readFileSync(source, 'utf8'), FEATURES);
  module.resolveNames();
  module.validate();
  const { buffer } = module.toBinary({});
  if (existsSync(target) && readFileSync(target).equals(buffer)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, buffer);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
