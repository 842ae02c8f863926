/** Makes certificate.json and certificate.html of a run. */
import { createHash, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CertificateContents,
  certificatePage,
  fingerprintOf,
  HTML_CARRIER,
  JSON_CARRIER,
  type PageParts,
  privateKeyFrom,
  sealed,
} from '../../../reports/certificate';
import { exitCode } from '../../execution/verdict';
import { writeWholeFile } from '../../execution/whole-file';
import type { MakeOptions } from '../certificate';
import type { Judgement } from '../running/judgement';
import { asRecord, judgeStoredRun, readStoredRun, type StoredRun } from '../running/stored-run';
import { CannotRun, UsageError } from '../support/exit';
import { makeFolder } from '../support/make-folder';
import { jsonText, printable } from '../support/printable';
import { chosenRun } from '../support/run-folders';
import { shownPath } from '../support/shown-path';
import { print } from '../support/terminal';
import { contentsOf } from './contents';
import { picturesOf } from './pictures';
import { redacted } from './redact';

export const JSON_NAME = 'certificate.json';
export const HTML_NAME = 'certificate.html';

/** The exit code is that of the verdict. @throws UsageError, CannotRun */
export function makeCertificate(named: string | undefined, options: MakeOptions): number {
  const key = options.sign === undefined ? undefined : readKey('--sign', options.sign, privateKeyFrom);
  const folder = chosenRun(named, options.latest === true);
  const run = readStoredRun(folder);
  const judgement = judgeStoredRun(run);
  checkRecord(run, judgement);
  const whole = contentsOf(run, judgement, new Date());
  const contents = options.redact ? redacted(whole, run) : whole;
  const output = path.resolve(options.output ?? folder);
  const pictures = whole.devices.map(({ device }) => picturesOf(run.results.filter((one) => one.device === device)));
  const { json, html } = certificateTexts(contents, key, pictures);
  try {
    makeFolder(output);
    writeWholeFile(path.join(output, JSON_NAME), json);
    writeWholeFile(path.join(output, HTML_NAME), html);
  } catch (error) {
    throw new CannotRun(`the certificate cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
  print(`verdict: ${judgement.verdict}${judgement.waived > 0 ? ` (${judgement.waived} waived)` : ''}`);
  for (const name of [HTML_NAME, JSON_NAME]) print(printable(shownPath(path.join(output, name))));
  print(key ? `signed with the key ${fingerprintOf(key)}` : 'not signed; --sign KEY signs it');
  return exitCode(judgement.verdict);
}

/** Both files, sealed. The page names the digest of the other one, so that the two belong together. */
export function certificateTexts(
  contents: CertificateContents,
  key?: KeyObject,
  pictures: PageParts['pictures'] = [],
): { json: string; html: string } {
  // Without its closing brace: the seal becomes the last member.
  const json = sealed(jsonText(contents).replace(/\n}\n$/, ''), JSON_CARRIER, key);
  const jsonDigest = createHash('sha256').update(json).digest('hex');
  const page = certificatePage({ contents, jsonDigest, pictures, ...(key ? { signedBy: fingerprintOf(key) } : {}) });
  return { json, html: sealed(page, HTML_CARRIER, key) };
}

/** What the run said at its end has to be what its folder bears now. @throws CannotRun */
function checkRecord({ finished, record, folder, resultsDigest }: StoredRun, { verdict }: Judgement): void {
  if (!finished) return;
  const { sha256 } = asRecord(record.results);
  const changed =
    sha256 !== resultsDigest
      ? 'its results are not those that it ended with'
      : record.verdict !== verdict
        ? `its results bear the verdict ${verdict}, and it ended with ${String(record.verdict)}`
        : undefined;
  if (changed !== undefined)
    throw new CannotRun(
      `${shownPath(folder)} was changed after the run: ${changed}`,
      'Such a run is not certified; run it again.',
    );
}

/** @throws UsageError */
export function readKey(option: string, file: string, parse: (pem: string) => KeyObject): KeyObject {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return parse(pem);
  } catch (error) {
    throw new UsageError(`${option} ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
