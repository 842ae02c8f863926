/** Maps a file, lets it shrink to nothing, and loads from the mapping. */
import fs from 'node:fs';
import { createLocalHost } from '../../../runner/host/local/local-host';

const path = process.argv[2] ?? '';
const host = createLocalHost();
const memory = host.mmap(host.open(path, 'read-write'), host.facts.pageSize, 0n, { read: true, write: true });
if (typeof memory !== 'number') {
  process.send?.(`before the shrinking: ${host.load(memory, 8, 4)}`, () => {
    fs.truncateSync(path, 0);
    host.load(memory, 8, 4);
    process.exit(0);
  });
}
