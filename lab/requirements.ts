/** The Debian packages that the lab uses, installed when that is allowed, else named in one command. */
import { existsSync, readFileSync } from 'node:fs';
import { mustRun, runCommand } from './child';
import { LabFailure } from './failure';
import type { Progress } from './progress';

/** To boot. `setpriv`, `flock`, `ldd` and `dpkg-deb` belong to every Debian. */
export const bootPackages = ['qemu-system-x86', 'busybox-static', 'kmod', 'xz-utils', 'zstd'] as const;
/** To build modules, beside the compiler that the kernel's headers name. */
export const buildPackages = ['make', 'libelf-dev', 'pahole'] as const;

/** The packages of `wanted` that `dpkg-query -W -f='${Package}:${db:Status-Status}\n'` does not show as installed. */
export function missingPackages(wanted: readonly string[], dpkgQuery: string): string[] {
  const installed = new Set(
    dpkgQuery
      .split('\n')
      .map((line) => line.split(':'))
      .filter((parts) => parts.at(-1) === 'installed')
      .map((parts) => parts[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

async function missing(wanted: readonly string[]): Promise<string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const format = '-f=${Package}:${db:Status-Status}\\n';
  return missingPackages(wanted, (await runCommand('dpkg-query', ['-W', format, ...wanted])).stdout);
}

function refuseForeignMachine(): void {
  const advice =
    'The lab runs on Debian for amd64 (12 or newer), also in a container or a virtual machine; it needs no KVM.';
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new LabFailure(`not amd64 Linux: ${process.platform} ${process.arch}`, advice);
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg-query')) {
    const name = existsSync('/etc/os-release')
      ? /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
      : undefined;
    throw new LabFailure(`no apt on this machine (${name ?? 'unknown system'})`, advice);
  }
}

/** Makes sure that `wanted` is installed. Rejects with LabFailure, naming the one command to run, when it may not install. */
export async function requirePackages(wanted: readonly string[], progress: Progress): Promise<void> {
  refuseForeignMachine();
  const absent = await missing(wanted);
  if (absent.length === 0) return;
  const command = ['apt-get', 'install', '--no-install-recommends', '-y', ...absent];
  if (process.getuid?.() !== 0) {
    throw new LabFailure(`the lab needs ${absent.join(', ')}`, `Run: sudo ${command.join(' ')}`);
  }
  progress.step(`installing ${absent.join(', ')}`);
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const install = (): ReturnType<typeof runCommand> => runCommand('apt-get', command.slice(1), { env });
  // Stale or absent package lists are the usual reason for a first failure.
  if ((await install()).code !== 0) {
    await mustRun('apt-get', ['update'], { env });
    const second = await install();
    if (second.code !== 0) {
      throw new LabFailure(`${command.join(' ')} failed:\n${second.stderr.trim().split('\n').slice(-10).join('\n')}`);
    }
  }
  const still = await missing(absent);
  if (still.length > 0) throw new LabFailure(`apt-get installed everything but ${still.join(', ')}`);
}
