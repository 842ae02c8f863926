/** Recordings on the command line: what is replayed, and what is kept of a run. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DeviceDescription } from '../../execution/probe';
import { isReplay, Replay, replayFile } from '../../execution/replay';
import { type CaseFilter, RECORDING_PARTS, type RunPlan } from '../../execution/run-plan';
import { RecordingError, type RecordingHead } from '../../host/recording/format';
import { packRecording } from '../../host/recording/recording-file';
import { PACKAGE_ROOT } from '../../language';
import { UsageError } from '../support/exit';
import { counted } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import type { CheckedOptions } from './options';
import { isFiltered } from './options';
import type { RunTarget } from './targets';

/** @throws UsageError for a file that is no recording, and for options that contradict it. */
export function checkReplay(device: string, { destination, host, devices, record }: CheckedOptions): void {
  openReplay(device);
  if (devices.length > 1) throw new UsageError(`--device ${device}: a recording is replayed by itself`);
  if (destination !== undefined)
    throw new UsageError(`--destination ${destination}: the recording has its own`, 'Leave --destination out.');
  if (host !== 'local') throw new UsageError(`--host ${host}: a recording is replayed on this machine`);
  if (record !== undefined) throw new UsageError('--record: what is replayed is recorded already');
}

/** The processes of a run need not have this one's working directory. */
export function absoluteReplay(device: string, cwd: string): string {
  return `replay:${path.resolve(cwd, replayFile(device) ?? '')}`;
}

/** What was run when it was recorded, case by case, for a command line that names neither targets nor cases. */
export function recordedRun(
  names: readonly string[],
  { devices: [device], filter }: CheckedOptions,
): { readonly names: readonly string[]; readonly filter: CaseFilter } {
  if (names.length > 0 || device === undefined || !isReplay(device)) return { names, filter };
  const { head, parts } = openReplay(device).recording;
  const recorded = [...new Set(parts.flatMap((part) => part.case ?? []))];
  return {
    names: head.targets,
    filter: head.filtered && !isFiltered(filter) ? { ...filter, cases: recorded } : filter,
  };
}

function openReplay(device: string): Replay {
  try {
    return Replay.open(replayFile(device) ?? '');
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new UsageError(`--device ${device}: ${error.message}`, 'A recording is made with `run --record FILE`.');
  }
}

export interface Kept {
  readonly plan: RunPlan;
  readonly targets: readonly RunTarget[];
  readonly descriptions: readonly DeviceDescription[];
  /** It may be taken up again: then the recording is made anew, out of both halves. */
  readonly interrupted: boolean;
}

/** Makes the recording of a run that is over. The line that says what it holds. */
export function keepRecording({ plan, targets, descriptions, interrupted }: Kept): string | undefined {
  const [device] = plan.devices;
  if (plan.record === undefined || !device) return undefined;
  const profile = descriptions[0]?.profile;
  const head: RecordingHead = {
    recording: 1,
    kitVersion: plan.kitVersion,
    recordedAt: plan.startedAt,
    device: device.device,
    ...(device.destination === undefined ? {} : { destination: device.destination }),
    seed: plan.seed,
    allow: [...plan.allow],
    targets: targets.map(({ file }) => targetName(file)),
    filtered: isFiltered(plan.filter),
    ...(profile === undefined
      ? {}
      : { profile: { name: path.basename(profile), text: readFileSync(profile, 'utf8') } }),
  };
  const folder = path.join(plan.folder, RECORDING_PARTS);
  const { parts, cut, size } = packRecording(plan.record, head, folder, { keepParts: interrupted });
  const lost = cut === 0 ? '' : `; ${cut} of them not whole`;
  return `${printable(shownPath(plan.record))}: ${counted(parts, 'part')}, ${Math.ceil(size / 1024)} KiB${lost}`;
}

/** As somebody with another clone would name it. */
function targetName(file: string): string {
  const inSuites = path.relative(path.join(PACKAGE_ROOT, 'suites'), file);
  return /^[^/]+\.ya?ml$/.test(inSuites) ? inSuites.replace(/\.ya?ml$/, '') : path.relative(process.cwd(), file);
}
