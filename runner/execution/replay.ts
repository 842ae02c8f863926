/** A recording in the place of a device: `replay:FILE` as the device's name. */

import { RecordingError } from '../host/recording/format';
import type { PartReader } from '../host/recording/part-reader';
import { Recording } from '../host/recording/recording-file';
import { ReplayHost } from '../host/recording/replay-host';
import { HostLost, type VfioHost } from '../host/vfio-host';
import { loadProfile } from '../language';
import { Complaints } from '../language/complaints';
import { LanguageError } from '../language/language-error';
import { parse } from '../language/parse';
import type { DeviceProfile } from '../language/scenario';
import { makeSource } from '../language/source';
import { orThrow } from './judging';
import { kitVersion } from './kit-version';
import type { DevicePlan } from './run-plan';

const PREFIX = 'replay:';

export function isReplay(device: string): boolean {
  return device.startsWith(PREFIX);
}

/** The file of a recording; undefined for every other kind of device. */
export function replayFile(device: string): string | undefined {
  return isReplay(device) ? device.slice(PREFIX.length) : undefined;
}

/** The profile of a device that was described: from its file, or from the recording that it came in. @throws LanguageError */
export function profileOf({
  device,
  profile,
}: {
  readonly device: string;
  readonly profile?: string;
}): DeviceProfile | undefined {
  if (profile === undefined) return undefined;
  const recording = replayFile(device);
  if (recording === undefined || !profile.endsWith(nameInside('', recording))) return orThrow(loadProfile(profile));
  return Replay.open(recording).profile({ device, host: 'local' });
}

function nameInside(name: string, recording: string): string {
  return `${name} in ${recording}`;
}

/** One recording, and how far this process has come with each of its cases. */
export class Replay {
  private readonly runs = new Map<string | undefined, number>();

  private constructor(readonly recording: Recording) {}

  /** @throws RecordingError */
  static open(file: string): Replay {
    return new Replay(Recording.open(file));
  }

  /** The devices as they were named when they were recorded: their names stand in the recorded calls. */
  plan(named: DevicePlan): DevicePlan {
    const { device, destination } = this.recording.head;
    const { destination: _other, ...rest } = named;
    return { ...rest, device, host: 'local', ...(destination === undefined ? {} : { destination }) };
  }

  /** The one that was used then, unless another one is named. @throws LanguageError */
  profile(named: DevicePlan): DeviceProfile | undefined {
    if (named.profile !== undefined) return orThrow(loadProfile(named.profile));
    const { profile } = this.recording.head;
    if (profile === undefined) return undefined;
    const complaints = new Complaints(makeSource(nameInside(profile.name, this.recording.file), profile.text));
    const tree = parse(complaints);
    if (!tree) throw new LanguageError(complaints.errors);
    return orThrow(loadProfile({ complaints, tree }));
  }

  /** Answers for the next run of a case, or for the first look at the device. @throws HostLost */
  host(caseId: string | undefined, claims: readonly string[]): VfioHost {
    const { recording } = this;
    const nth = this.runs.get(caseId) ?? 0;
    this.runs.set(caseId, nth + 1);
    const part = recording.find(caseId, claims, nth);
    const facts = part?.host ?? recording.facts;
    if (!facts) throw new HostLost(`${recording.file} has no accesses in it`);
    const replayed = `recorded ${recording.head.recordedAt} with vfio-conformance ${recording.head.kitVersion}`;
    return new ReplayHost({ facts: { ...facts, replayed }, part: this.read(caseId, part), ...this.remark() });
  }

  private read(caseId: string | undefined, part: ReturnType<Recording['find']>): PartReader | string {
    if (!part) return `${caseId ?? 'the first look at the device'} is not in the recording`;
    try {
      return this.recording.read(part);
    } catch (error) {
      if (error instanceof RecordingError) return error.message;
      throw error;
    }
  }

  private remark(): { readonly remark?: string } {
    const recorded = this.recording.head.kitVersion;
    return recorded === kitVersion() ? {} : { remark: `it was made with version ${recorded}, this is ${kitVersion()}` };
  }
}
