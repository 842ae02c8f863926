/** The parts of the CI form that go through the kit's own command line, each with what it has to answer. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labDevice } from '../devices';
import { shellQuote } from '../session';

export interface PartOutcome {
  readonly name: string;
  readonly good: boolean;
  readonly text: string;
}

export interface KitPart {
  /** Names its files in the guest's folder. */
  readonly name: string;
  /** Shell text that goes before. */
  readonly prepare?: string;
  readonly words: readonly string[];
  /** Standard output is the JSON; else the command writes it itself. */
  readonly printsJson?: boolean;
  /** A 0 counts only beside the JSON that proves it: the file is written before the exit. */
  readonly judge: (code: number | undefined, json: unknown) => Omit<PartOutcome, 'name'>;
}

function kitRun(name: string, suites: readonly string[], ...more: readonly string[]): readonly string[] {
  return [
    ...[
      'node',
      'bin/vfio-conformance.js',
      'run',
      ...suites,
      '--json',
      `/results/${name}.json`,
      '--out',
      `/results/${name}`,
    ],
    // The report is made on the host afterwards: half a second there, a quarter of a minute here.
    ...['--no-report', ...more],
  ];
}

function mediated(parent: string, type: string, uuid: string): string {
  const path = `/sys/class/mdev_bus/${parent}/mdev_supported_types/${type}/create`;
  return `[ -e /sys/bus/mdev/devices/${uuid} ] || echo ${uuid} >${path}`;
}

const mediatedDevices = ['c0ffee00-0001-4000-8000-000000000001', 'c0ffee00-0002-4000-8000-000000000002'] as const;
const mtty = 'c0ffee00-0003-4000-8000-000000000003';

export const kitParts: readonly KitPart[] = [
  {
    name: 'self-check',
    words: ['node', 'dist/lab/guest/smoke.js', labDevice('edu').address],
    printsJson: true,
    judge: judgeSelfCheck,
  },
  {
    name: 'refusals',
    words: ['node', 'dist/lab/guest/refusals.js'],
    printsJson: true,
    judge: judgeSelfCheck,
  },
  {
    name: 'edu',
    // The second device is for what holds of two devices in one container.
    words: kitRun(
      'edu',
      ['smoke', 'certify-dirty-pages'],
      ...['--device', labDevice('edu').address, '--destination', labDevice('edu-2').address],
    ),
    judge: judgeKitRun,
  },
  { name: 'e1000e', words: kitRun('e1000e', ['smoke'], '--device', labDevice('e1000e').address), judge: judgeKitRun },
  { name: 'nvme', words: kitRun('nvme', ['smoke'], '--device', labDevice('nvme').address), judge: judgeKitRun },
  {
    name: 'certificate',
    prepare: mediatedDevices.map((uuid) => mediated('vfio-conformance', 'vfio-conformance-dut', uuid)).join('\n'),
    words: kitRun('certificate', ['certify'], '--device', mediatedDevices[0], '--destination', mediatedDevices[1]),
    judge: judgeCertificate,
  },
  {
    name: 'mtty',
    prepare: mediated('mtty', 'mtty-1', mtty),
    words: kitRun('mtty', ['certify-migration-v1'], '--device', mtty, '--only', 'REG-TYPE-MIG'),
    judge: judgeVersion2,
  },
];

/** One after the other; each exit code goes to NAME.exit, so that one failure does not hide the next. */
export function partsCommand(parts: readonly KitPart[]): string {
  return parts
    .map(({ name, prepare, words, printsJson }) => {
      const redirect = printsJson ? ` >/results/${name}.json` : '';
      const run = `${words.map(shellQuote).join(' ')}${redirect}; echo $? >/results/${name}.exit`;
      return [`echo "--- ${name}"`, ...(prepare === undefined ? [] : [prepare]), run].join('\n');
    })
    .join('\n');
}

export function partOutcomes(folder: string, parts: readonly KitPart[]): readonly PartOutcome[] {
  return parts.map(({ name, judge }) => ({
    name,
    ...judge(exitCodeOf(join(folder, `${name}.exit`)), parsed(join(folder, `${name}.json`))),
  }));
}

function exitCodeOf(file: string): number | undefined {
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** What the JSON of a program of the lab's own says. */
export function judgeSelfCheck(code: number | undefined, json: unknown): Omit<PartOutcome, 'name'> {
  if (code === undefined) return { good: false, text: 'did not run' };
  const { passed, node, koffi, checks, error } = (json ?? {}) as Record<string, unknown>;
  if (code === 0 && passed === true) {
    const tools = node === undefined ? '' : ` with Node ${node} and koffi ${koffi}`;
    return { good: true, text: `passed${tools}` };
  }
  const failed = (Array.isArray(checks) ? (checks as Record<string, unknown>[]) : []).filter(
    ({ held }) => held !== true,
  );
  const reasons = [
    ...failed.map(({ check, seen }) => `${check}: ${seen}`),
    ...(error === undefined ? [] : [String(error)]),
  ];
  return { good: false, text: `failed: ${reasons.join('; ') || 'it wrote no JSON'}` };
}

/** What the kit's JSON says of a device that has to be conformant. */
export function judgeKitRun(code: number | undefined, json: unknown): Omit<PartOutcome, 'name'> {
  if (code === undefined) return { good: false, text: 'did not run' };
  const { verdict, reasons } = (json ?? {}) as Record<string, unknown>;
  if (typeof verdict !== 'string') return { good: false, text: `exit code ${code}, but no verdict in its JSON` };
  const why = Array.isArray(reasons) && reasons.length > 0 ? `: ${reasons.slice(0, 5).join('; ')}` : '';
  return { good: code === 0 && verdict === 'conformant', text: `${verdict}, exit code ${code}${why}` };
}

/** Like judgeKitRun; and the JSON has to say on which kernel, and of which driver in which version. */
export function judgeCertificate(code: number | undefined, json: unknown): Omit<PartOutcome, 'name'> {
  const judged = judgeKitRun(code, json);
  if (!judged.good) return judged;
  const { host, devices } = json as { host?: { kernelRelease?: string } | null; devices?: { identity?: Identity }[] };
  const { module, moduleVersion } = devices?.[0]?.identity ?? {};
  const kernel = host?.kernelRelease;
  const named = { kernel, driver: module, version: moduleVersion };
  const missing = Object.entries(named).flatMap(([what, text]) => (text ? [] : [what]));
  return missing.length === 0
    ? { good: true, text: `${judged.text}, kernel ${kernel}, driver ${module} ${moduleVersion}` }
    : { good: false, text: `${judged.text}, but its JSON does not name: ${missing.join(', ')}` };
}

interface Identity {
  readonly module?: string;
  readonly moduleVersion?: string;
}

/** A device that speaks version 2 only is named so, and gets no certificate. */
export function judgeVersion2(code: number | undefined, json: unknown): Omit<PartOutcome, 'name'> {
  if (code === undefined) return { good: false, text: 'did not run' };
  const { verdict, reasons } = (json ?? {}) as Record<string, unknown>;
  const said = (Array.isArray(reasons) ? reasons : []).find((reason) =>
    /version 2 migration only/.test(String(reason)),
  );
  const good = (code === 1 || code === 3) && verdict !== 'conformant' && said !== undefined;
  return {
    good,
    text: said === undefined ? `${verdict}, exit code ${code}, and not a word of version 2` : `${verdict}: ${said}`,
  };
}
