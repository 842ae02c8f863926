import * as zlib from 'node:zlib';

const TABLE = buildTable();

function buildTable(): Uint32Array {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    table[index] = value >>> 0;
  }
  return table;
}

/** The IEEE 802.3 checksum of `bytes`, continuing from `previous`. */
export function crc32(bytes: Uint8Array, previous = 0): number {
  // zlib has it from Node 20.15 on, ten times as fast; large states are worth it.
  return typeof zlib.crc32 === 'function' ? zlib.crc32(bytes, previous) : crc32ByTable(bytes, previous);
}

export function crc32ByTable(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous >>> 0;
  for (let at = 0; at < bytes.length; at++) crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
