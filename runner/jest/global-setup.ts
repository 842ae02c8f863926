/** Jest's global setup in the preset: gives a plain `npx jest` a plan that all its workers share. `run` brings its own plan. */
import { PLAN_VARIABLE, projectOptions } from './environment-options';
import { defaultPlan, pruneOwnFolders, writePlan } from './plan-file';

interface GlobalConfig {
  readonly rootDir: string;
}
interface ProjectConfig {
  readonly testEnvironmentOptions: Readonly<Record<string, unknown>>;
}

/** What this module set itself, so that watch mode gets a fresh folder for every round. */
let ownPlan: string | undefined;

export default function globalSetup(globalConfig: GlobalConfig, projectConfig: ProjectConfig): void {
  if (projectOptions(projectConfig.testEnvironmentOptions).plan !== undefined) return;
  const given = process.env[PLAN_VARIABLE];
  if (given !== undefined && given !== ownPlan) return;
  ownPlan = writePlan(defaultPlan(globalConfig.rootDir, new Date()));
  process.env[PLAN_VARIABLE] = ownPlan;
  pruneOwnFolders(globalConfig.rootDir);
}
