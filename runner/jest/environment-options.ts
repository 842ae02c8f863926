/** What a Jest project says to the environment, in `testEnvironmentOptions.vfioConformance`. */
export interface ProjectOptions {
  /** Absolute path of plan.json. Absent: the environment variable VFIO_CONFORMANCE_PLAN, which the preset's global setup sets. */
  readonly plan?: string;
  /** Which of the plan's devices this project tests; the first one when absent. */
  readonly device?: string;
  /** Absolute path of another engine module; for the kit's own tests. */
  readonly engine?: string;
}

export const PLAN_VARIABLE = 'VFIO_CONFORMANCE_PLAN';
export const DEVICE_VARIABLE = 'VFIO_CONFORMANCE_DEVICE';

/** Reads and checks the options; Jest passes them through as they stand in a configuration file. */
export function projectOptions(testEnvironmentOptions: Readonly<Record<string, unknown>>): ProjectOptions {
  const raw = testEnvironmentOptions.vfioConformance;
  if (raw === undefined) return {};
  if (typeof raw !== 'object' || raw === null)
    throw new Error('testEnvironmentOptions.vfioConformance must be an object');
  const { plan, device, engine, ...rest } = raw as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined)
    throw new Error(`testEnvironmentOptions.vfioConformance knows plan, device and engine, not ${unknown}`);
  return { ...optionalText('plan', plan), ...optionalText('device', device), ...optionalText('engine', engine) };
}

function optionalText(key: keyof ProjectOptions, value: unknown): ProjectOptions {
  if (value === undefined) return {};
  if (typeof value !== 'string' || value === '')
    throw new Error(`testEnvironmentOptions.vfioConformance.${key} must be a non-empty string`);
  return { [key]: value };
}
