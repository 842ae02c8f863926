import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileStatus } from './file-status';

/**
 * Makes a folder and those above it that are missing, one by one: Node's own `recursive` never returns below a file system that answers
 * ENOENT to a new folder, as /proc does.
 * @throws the system's error where one of them cannot be made, or is a file.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  let at = path.resolve(folder);
  while (!fileStatus(at) && path.dirname(at) !== at) {
    missing.push(at);
    at = path.dirname(at);
  }
  // What is there may still be a file: then this says so.
  if (missing.length === 0) mkdirSync(at, { recursive: true });
  for (const one of missing.reverse()) makeOne(one);
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else was faster: all the same if it is a folder.
    if (!fileStatus(folder)?.isDirectory()) throw error;
  }
}
