/** plan.json, from the side of the Jest workers: read it, or make a default one for a plain `npx jest`. */
import fs from 'node:fs';
import path from 'node:path';
import { kitVersion } from '../execution/kit-version';
import {
  DEFAULT_LIMITS,
  type DevicePlan,
  FINISHED_FILE,
  type FinishedCases,
  PLAN_FILE,
  type RunPlan,
} from '../execution/run-plan';
import { writeWholeFile } from '../execution/whole-file';
import { DEVICE_VARIABLE } from './environment-options';

/** Folders of runs that a plain `npx jest` made; `run` names its own otherwise. */
const OWN_FOLDER = /^jest-\d{8}-\d{6}-\d+$/;
const OWN_FOLDERS_KEPT = 10;

/** Throws an Error that names the file when it is missing or is no plan of this version. */
export function readPlan(file: string): RunPlan {
  let plan: Partial<RunPlan>;
  try {
    plan = JSON.parse(fs.readFileSync(file, 'utf8')) as Partial<RunPlan>;
  } catch (error) {
    throw new Error(`cannot read the plan ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (
    plan.schemaVersion !== 1 ||
    !Array.isArray(plan.devices) ||
    plan.devices.length === 0 ||
    typeof plan.folder !== 'string'
  ) {
    throw new Error(`${file} is not a plan of this version of vfio-conformance`);
  }
  return plan as RunPlan;
}

/** What the parts of a run before its interruption have done. Throws when the file is missing or damaged: nothing must run twice. */
export function readFinished(folder: string): FinishedCases {
  return JSON.parse(fs.readFileSync(path.join(folder, FINISHED_FILE), 'utf8')) as FinishedCases;
}

/** The device of one Jest project. A plan that nobody wrote lists one device, and a project may name another. */
export function devicePlan(plan: RunPlan, name: string | undefined, planFile: string): DevicePlan {
  const found = name === undefined ? plan.devices[0] : plan.devices.find((candidate) => candidate.device === name);
  if (!found && name !== undefined && isOwnPlan(planFile)) return { device: name, host: 'local' };
  if (!found)
    throw new Error(
      `the plan in ${plan.folder} has no device ${name ?? ''}; it has ${plan.devices.map((each) => each.device).join(', ')}`,
    );
  return found;
}

/** A plan for `npx jest` in a clone or a vendor's project: every test file, one device, results in a fresh folder. */
export function defaultPlan(rootDir: string, now: Date): RunPlan {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return {
    schemaVersion: 1,
    kitVersion: kitVersion(),
    folder: path.join(rootDir, 'results', `jest-${stamp}-${process.pid}`),
    targets: [],
    devices: [{ device: process.env[DEVICE_VARIABLE] ?? 'reference', host: 'local' }],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: now.toISOString(),
  };
}

/** Writes the plan into its folder and gives its path. */
export function writePlan(plan: RunPlan): string {
  fs.mkdirSync(plan.folder, { recursive: true });
  const file = path.join(plan.folder, PLAN_FILE);
  writeWholeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
  return file;
}

/** Whether `defaultPlan` made this plan, and not a person or `run`. */
export function isOwnPlan(planFile: string): boolean {
  return OWN_FOLDER.test(path.basename(path.dirname(planFile)));
}

/** Removes all but the newest folders that `defaultPlan` named, so that watch mode does not fill the disk. */
export function pruneOwnFolders(rootDir: string): void {
  const results = path.join(rootDir, 'results');
  let names: string[];
  try {
    names = fs.readdirSync(results);
  } catch {
    return;
  }
  const own = names
    .filter((name) => OWN_FOLDER.test(name) && fs.existsSync(path.join(results, name, PLAN_FILE)))
    .sort();
  for (const name of own.slice(0, Math.max(0, own.length - OWN_FOLDERS_KEPT))) {
    fs.rmSync(path.join(results, name), { recursive: true, force: true });
  }
}

export { kitVersion } from '../execution/kit-version';
