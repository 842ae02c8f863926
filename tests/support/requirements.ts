/**
 * What a test needs of the machine it runs on. Where it is missing the test is not passed over in silence: it is skipped and written
 * to dist/.not-run.jsonl, from where `npm test` says in its closing line what it could not run; with CI=true it fails instead.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** One line for each test that could not run: {what, why}. */
export const NOT_RUN_FILE = resolve(__dirname, '..', '..', '.not-run.jsonl');

/** Things that may be missing; each answers why it is missing, or undefined when it is there. */
const requirements = {
  'c-compiler': () => {
    try {
      execFileSync(compiler(), ['--version'], { stdio: 'ignore', timeout: 10_000 });
      return undefined;
    } catch {
      return `no C compiler (${compiler()} does not run); install gcc or set CC`;
    }
  },
  'kernel-headers': () => {
    const missing = ['vfio.h', 'vfio_zdev.h', 'vfio_ccw.h'].filter((name) => !existsSync(`/usr/include/linux/${name}`));
    return missing.length > 0
      ? `no kernel headers (<linux/${missing.join('>, <linux/')}>); install linux-libc-dev`
      : undefined;
  },
  sshd: () =>
    existsSync('/usr/sbin/sshd') && existsSync('/usr/bin/ssh')
      ? undefined
      : 'no OpenSSH to connect with; install openssh-server and openssh-client',
  chromium: () =>
    browser() === undefined
      ? 'no Chromium to open reports in; install chromium (Debian) or set CHROMIUM to its path'
      : undefined,
} as const;

export type RequirementName = keyof typeof requirements;

/** The C compiler that tests call: $CC, or cc. */
export function compiler(): string {
  return process.env.CC || 'cc';
}

/** The browser that tests open pages in: $CHROMIUM, or the first that is found. */
export function browser(): string | undefined {
  const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return candidates.find((file) => file !== undefined && file !== '' && existsSync(file));
}

export interface Requirement {
  readonly met: boolean;
  /** What is missing and how to get it; empty when everything is there. */
  readonly why: string;
  /** Like Jest's `test`, for a test that needs it. */
  test(name: string, run: (() => void) | (() => Promise<void>), timeoutMs?: number): void;
}

/** Looks for everything named; call it once at the top of a test file. */
export function requirement(...names: readonly RequirementName[]): Requirement {
  const why = names
    .map((name) => requirements[name]())
    .filter((reason) => reason !== undefined)
    .join('; ');
  const met = why === '';
  return {
    met,
    why,
    test(name, run, timeoutMs) {
      if (met) {
        test(name, run, timeoutMs);
      } else if (process.env.CI === 'true' || process.env.CI === '1') {
        test(name, () => {
          throw new Error(`not run: ${why}`);
        });
      } else {
        mkdirSync(dirname(NOT_RUN_FILE), { recursive: true });
        appendFileSync(NOT_RUN_FILE, `${JSON.stringify({ what: name, why })}\n`);
        test.skip(name, run);
      }
    },
  };
}
