/** `run --junit FILE`. */
import type { JUnitRun } from '../../../reports/junit';
import { writeWholeFile } from '../../execution/whole-file';
import { shownPath } from '../support/shown-path';
import type { RecordParts } from './run-record';

/** Writes what the run came to so far; a run that did not come to its end has no test that says it is conformant. */
export function writeJunit(file: string, parts: RecordParts, record: Readonly<Record<string, unknown>>): void {
  // The library is loaded for those who want it.
  const { junitXml } = require('../../../reports/junit') as typeof import('../../../reports/junit');
  const { plan, results, judgement } = parts;
  writeWholeFile(
    file,
    junitXml({
      suite: String(record.suite),
      verdict: judgement?.verdict ?? 'incomplete',
      reasons: (record.reasons as readonly string[] | undefined) ?? [],
      devices: plan.devices.map(({ device }) => device),
      results: results.map((result) => ({ ...result, file: shownPath(result.file) })),
      facts: { kit: plan.kitVersion, started: plan.startedAt, kernel: parts.descriptions[0]?.host.kernelRelease ?? '' },
    } satisfies JUnitRun),
  );
}
