/** What a tool of this folder tried and what came of it: the rows that docs/reliability.md is made of. */
import fs from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../runner/language';

export interface EvidenceRow {
  /** What was tried. */
  readonly tried: string;
  readonly times: number;
  /** What happened. */
  readonly happened: string;
  readonly ok: boolean;
}

export interface Evidence {
  /** Kebab-case; the file's name. */
  readonly name: string;
  readonly title: string;
  /** The command that makes it. */
  readonly command: string;
  /** ISO date. */
  readonly day: string;
  readonly seconds: number;
  readonly rows: readonly EvidenceRow[];
}

export const EVIDENCE_FOLDER = path.join(PACKAGE_ROOT, 'docs', 'reliability');

/** Keeps what a tool found for docs/reliability.md. */
export function record(evidence: Evidence): string {
  fs.mkdirSync(EVIDENCE_FOLDER, { recursive: true });
  const file = path.join(EVIDENCE_FOLDER, `${evidence.name}.json`);
  fs.writeFileSync(file, `${JSON.stringify(evidence, null, 2)}\n`);
  return file;
}

export function evidenceText(evidence: Evidence): string {
  const lines = evidence.rows.map(
    ({ tried, times, happened, ok }) => `${ok ? 'ok    ' : 'FAILED'}  ${tried} (${times}): ${happened}`,
  );
  const failed = evidence.rows.filter(({ ok }) => !ok).length;
  return [
    ...lines,
    '',
    `${evidence.rows.length - failed} passed, ${failed} failed in ${evidence.seconds.toFixed(0)} s`,
  ].join('\n');
}
