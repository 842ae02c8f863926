/** Loaded into every process of a run (`node --require`): injects into its files, and in an executor into its host as well. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { spoilFiles } from './faulty-files';
import { FaultyHost } from './faulty-host';
import { Injector } from './injection';
import { wrapHosts } from './install';

export const VARIABLE = 'VFIO_CONFORMANCE_INJECT';

export interface Preloaded {
  readonly kind: 'transparent' | 'host';
  readonly seed: number;
  /** Calls of the port, and writes, to one that is hit. */
  readonly callsPer: number;
  readonly writesPer: number;
  readonly below: readonly string[];
  /** Each injection adds a line to a file here. */
  readonly log: string;
}

const COMMAND_SHARE = 4;
const text = process.env[VARIABLE];
if (text !== undefined) install(JSON.parse(text) as Preloaded);

function install({ kind, seed, callsPer, writesPer, below, log }: Preloaded): void {
  const script = path.basename(process.argv[1] ?? '');
  const append = fs.appendFileSync;
  const file = path.join(log, `${script}-${process.pid}-${randomUUID()}`);
  const tell = (what: string): void => append(file, `${what}\n`);
  const own = (Math.imul(seed, 0x9e3779b1) ^ hash(script)) >>> 0;
  // The command itself writes a few files only.
  const oneIn = script === 'vfio-conformance.js' ? Math.max(2, Math.ceil(writesPer / COMMAND_SHARE)) : writesPer;
  spoilFiles({ kind, seed: own, oneIn, below }, (what) => tell(`${script}: ${what}`));
  if (script !== 'executor-main.js') return;
  const injector = new Injector({ kind, seed: own, oneIn: callsPer });
  const done = injector.done.bind(injector);
  injector.done = (call, injection) => {
    done(call, injection);
    tell(`${script}: ${call} ${injection.what}`);
  };
  wrapHosts((host) => new FaultyHost(host, injector));
}

function hash(word: string): number {
  let value = 0;
  for (const letter of word) value = (Math.imul(value, 31) + (letter.codePointAt(0) ?? 0)) | 0;
  return value;
}
