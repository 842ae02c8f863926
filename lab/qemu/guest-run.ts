/** The second opinion from the host's side. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type OpinionAbout,
  type OpinionRequest,
  type OpinionRow,
  opinionAboutFile,
  opinionRequestFile,
  opinionRowsFile,
  toolsFolder,
} from './request';
import { stageQemu } from './tools';

const exitFile = 'opinion.exit';

/** Puts QEMU and the request into the guest's folder, and gives the shell text that uses them. */
export async function opinionCommand(folder: string, request: OpinionRequest): Promise<string> {
  const version = await stageQemu(join(folder, toolsFolder));
  writeFileSync(join(folder, toolsFolder, 'version'), `${version}\n`);
  writeFileSync(join(folder, opinionRequestFile), `${JSON.stringify(request, null, 2)}\n`);
  return `node dist/lab/guest/qemu.js /results; echo $? >/results/${exitFile}`;
}

export interface OpinionOutcome {
  readonly about: OpinionAbout | undefined;
  readonly rows: readonly OpinionRow[];
  readonly trouble: string | undefined;
}

/** What the guest left; the staged programs go. */
export function readOpinion(folder: string, request: OpinionRequest): OpinionOutcome {
  rmSync(join(folder, toolsFolder), { recursive: true, force: true });
  const read = (name: string): string | undefined =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined;
  const rows = (read(opinionRowsFile) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OpinionRow);
  const about = read(opinionAboutFile);
  const code = read(exitFile)?.trim();
  const ended = code === '0' || code === '1';
  const trouble =
    ended && rows.length === request.trials.length
      ? undefined
      : `the second opinion did not come to its end: ${rows.length} of ${request.trials.length} trials, exit code ${code ?? 'unknown'}`;
  return { about: about === undefined ? undefined : (JSON.parse(about) as OpinionAbout), rows, trouble };
}
