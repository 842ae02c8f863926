/** The Jest configuration of a run: one project per device, looking at nothing but the plan's targets. */
import path from 'node:path';
import { type DevicePlan, PLAN_FILE, type RunPlan } from '../execution/run-plan';
import type { RunnerOptions } from './device-runner';
import type { ProjectOptions } from './environment-options';
import { SUITE_SETTINGS } from './preset';

/** Jest's cache of one run, in the run's folder. */
export const JEST_CACHE = '.jest-cache';

/** Plain data: it goes to Jest as a JSON file. */
export interface JestProject {
  readonly displayName: string;
  readonly rootDir: string;
  readonly roots: readonly string[];
  readonly testRegex: readonly string[];
  readonly modulePathIgnorePatterns: readonly string[];
  readonly testEnvironmentOptions: { readonly vfioConformance: ProjectOptions };
  readonly [setting: string]: unknown;
}

export interface ProjectExtras {
  /** Another engine module; for the kit's own tests. */
  readonly engine?: string;
}

export function jestProjectFor(plan: RunPlan, devicePlan: DevicePlan, { engine }: ProjectExtras = {}): JestProject {
  const files = [...new Set(plan.targets)];
  const runnerOptions: RunnerOptions = { order: files };
  return {
    ...SUITE_SETTINGS,
    displayName: devicePlan.device,
    // With the plan in the configuration no other run could use the cache; the run removes it in the end.
    cacheDirectory: path.join(plan.folder, JEST_CACHE),
    // Jest shows files relative to it.
    rootDir: process.cwd(),
    roots: [...new Set(files.map((file) => path.dirname(file)))],
    testRegex: files.map((file) => `^${escapeRegExp(file)}$`),
    // An installed kit has its suites below node_modules, where Jest by itself looks for no tests.
    testPathIgnorePatterns: [],
    // Without the first Jest starts a find process for what one readdir per folder tells.
    haste: { forceNodeFilesystemAPI: true, retainAllFiles: true },
    // A target may lie in a home folder or at the root of a tree: nothing beside the targets is looked into.
    modulePathIgnorePatterns: [`^(?!(${files.map(escapeRegExp).join('|')})$)`],
    runner: [SUITE_SETTINGS.runner, runnerOptions],
    testEnvironmentOptions: {
      vfioConformance: {
        plan: path.join(plan.folder, PLAN_FILE),
        device: devicePlan.device,
        ...(engine === undefined ? {} : { engine }),
      },
    },
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
