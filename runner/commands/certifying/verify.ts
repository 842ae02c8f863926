/** `certificate verify`: says whether certificates are as they were made, and by whom. */
import { createHash, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import {
  CertificateFile,
  checkSeal,
  fingerprintOf,
  HTML_CARRIER,
  JSON_CARRIER,
  publicKeyFrom,
} from '../../../reports/certificate';
import { RESULTS_FILE } from '../../execution/run-plan';
import type { VerifyOptions } from '../certificate';
import { EXIT, UsageError } from '../support/exit';
import { fileStatus } from '../support/file-status';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { print } from '../support/terminal';
import { HTML_NAME, JSON_NAME, readKey } from './make';

/** A certificate is some hundred kilobytes; nothing larger is read. */
const LARGEST = 64 * 1024 * 1024;

interface Checked {
  readonly file: string;
  readonly bytes: Buffer;
  readonly kind: 'json' | 'html';
  /** What is wrong with it; absent when all is well. */
  readonly trouble?: string;
  readonly told: string;
}

/** @throws UsageError */
export function verifyCertificates(paths: readonly string[], { key: keyFile }: VerifyOptions): number {
  const key = keyFile === undefined ? undefined : readKey('--key', keyFile, publicKeyFrom);
  const files = paths.flatMap((one) => filesOf(path.resolve(one)));
  const checked = files.map((file) => check(file, key));
  const troubles = [
    ...checked.flatMap(({ file, trouble }) => (trouble === undefined ? [] : [{ file, trouble }])),
    ...pairs(checked),
  ];
  for (const { file, told, trouble } of checked)
    print(printable(`${shownPath(file)}: ${trouble === undefined ? told : `NOT VALID: ${trouble}`}`));
  for (const { file, trouble } of troubles.slice(checked.filter((one) => one.trouble !== undefined).length))
    print(printable(`${shownPath(file)}: NOT VALID: ${trouble}`));
  return troubles.length === 0 ? EXIT.fine : EXIT.nonConformant;
}

function filesOf(named: string): readonly string[] {
  if (!fileStatus(named)) throw new UsageError(`there is no ${shownPath(named)}`);
  if (!statSync(named).isDirectory()) return [named];
  const files = [JSON_NAME, HTML_NAME]
    .map((name) => path.join(named, name))
    .filter((file) => fileStatus(file)?.isFile());
  if (files.length === 0) throw new UsageError(`there is no certificate in ${shownPath(named)}`);
  return files;
}

function check(file: string, key: KeyObject | undefined): Checked {
  if (statSync(file).size > LARGEST) throw new UsageError(`${shownPath(file)} is too large to be a certificate`);
  const bytes = readFileSync(file);
  const kind = bytes.subarray(0, 64).toString('latin1').trimStart().startsWith('{') ? 'json' : 'html';
  const of = { file, bytes, kind } as const;
  const seal = checkSeal(bytes, kind === 'json' ? JSON_CARRIER : HTML_CARRIER);
  if (!seal.ok) return { ...of, told: '', trouble: seal.message };
  const invalid = kind === 'json' ? schemaTrouble(bytes) : undefined;
  if (invalid !== undefined) return { ...of, told: '', trouble: invalid };
  const verdict =
    kind === 'json' ? `, verdict ${(JSON.parse(bytes.toString('utf8')) as { verdict: string }).verdict}` : '';
  const signer = seal.signedBy ? fingerprintOf(seal.signedBy) : undefined;
  if (!key) {
    const told =
      signer === undefined
        ? 'not signed'
        : `signed with the key ${signer}; --key checks whether it is the one you trust`;
    return { ...of, told: `as it was made${verdict}, ${told}` };
  }
  if (signer === undefined) return { ...of, told: '', trouble: 'it is not signed' };
  if (signer !== fingerprintOf(key)) return { ...of, told: '', trouble: `it is signed with another key, ${signer}` };
  return { ...of, told: `as it was made${verdict}, signed with the key of ${shownPathOfKey(key)}` };
}

function shownPathOfKey(key: KeyObject): string {
  return `--key, ${fingerprintOf(key)}`;
}

/** The files of one folder have to belong together. */
function pairs(checked: readonly Checked[]): readonly { file: string; trouble: string }[] {
  const found: { file: string; trouble: string }[] = [];
  for (const json of checked) {
    if (json.kind !== 'json' || json.trouble !== undefined) continue;
    const folder = path.dirname(json.file);
    const page = checked.find((one) => one.kind === 'html' && path.dirname(one.file) === folder);
    const digest = createHash('sha256').update(json.bytes).digest('hex');
    if (page && page.trouble === undefined && !page.bytes.includes(`certificate.json: SHA-256 <code>${digest}</code>`))
      found.push({ file: page.file, trouble: `it was made with another ${path.basename(json.file)}` });
    const results = path.join(folder, RESULTS_FILE);
    if (!fileStatus(results)?.isFile()) continue;
    const { sha256 } = (JSON.parse(json.bytes.toString('utf8')) as { results: { sha256: string } }).results;
    if (createHash('sha256').update(readFileSync(results)).digest('hex') !== sha256)
      found.push({ file: results, trouble: 'these are not the results that the certificate is about' });
  }
  return found;
}

function schemaTrouble(bytes: Buffer): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return 'it is not valid JSON';
  }
  const ajv = new Ajv({ allErrors: false });
  if (ajv.validate(CertificateFile, value)) return undefined;
  return `it does not fit the schema of certificates: ${ajv.errorsText(ajv.errors, { dataVar: 'certificate' })}`;
}
