/**
 * A Debian suite read through an apt configuration of its own: the machine's package lists, sources and installed packages are
 * neither used nor changed. Only the mirror's address, proxies and keys are the machine's.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandResult, mustRun, runCommand } from '../child';
import { LabFailure } from '../failure';
import { type IndexEntry, parseIndex } from './package-index';
import type { PackagePin } from './select-kernel';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const aptHelper = '/usr/lib/apt/apt-helper';
const cEnvironment = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };

/** The archive whose release file says `Origin: Debian, Label: Debian`, out of `apt-get indextargets`. */
export function pickMirror(indexTargets: string): string | undefined {
  for (const line of indexTargets.split('\n')) {
    const [uri, origin, label] = line.split('|').map((part) => part.trim());
    if (uri && origin === 'Debian' && label === 'Debian') return uri;
  }
  return undefined;
}

/** The address of the Debian mirror that this machine uses. */
export async function machineMirror(): Promise<string> {
  const list = (): Promise<CommandResult> =>
    runCommand('apt-get', ['indextargets', '--format', '$(REPO_URI)|$(ORIGIN)|$(LABEL)', 'Created-By: Packages'], {
      env: cEnvironment,
    });
  let mirror = pickMirror((await list()).stdout);
  if (mirror === undefined && process.getuid?.() === 0) {
    await mustRun('apt-get', ['update'], { env: cEnvironment });
    mirror = pickMirror((await list()).stdout);
  }
  if (mirror === undefined) {
    throw new LabFailure(
      'apt on this machine knows no Debian archive',
      'The lab takes its kernels from the Debian mirror in /etc/apt; add one and run `apt-get update`.',
    );
  }
  return mirror;
}

function aptConfiguration(folder: string, architecture: string): string {
  return [
    `Dir::Etc::sourcelist "${folder}/sources.list";`,
    'Dir::Etc::sourceparts "/dev/null";',
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    `Dir::State "${folder}/state";`,
    `Dir::State::lists "${folder}/state/lists";`,
    `Dir::State::status "${folder}/state/status";`,
    `Dir::Cache "${folder}/cache";`,
    // Our folders need not be readable for apt's own download user.
    'APT::Sandbox::User "";',
    `APT::Architecture "${architecture}";`,
    '#clear APT::Architectures;',
    `APT::Architectures { "${architecture}"; };`,
    // Hooks of the machine (catalogues, cache cleaning) have no business with our lists.
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    '',
  ].join('\n');
}

export class AptSuite {
  private readonly folder: string;

  /** `cache` is the lab's cache folder; packages of two architectures need two caches. */
  constructor(
    private readonly suite: string,
    private readonly cache: string,
    private readonly architecture = 'amd64',
  ) {
    this.folder = join(cache, 'apt', suite);
  }

  /** Fetches the suite's package list. Rejects with LabFailure when the mirror does not have the suite. */
  async update(): Promise<void> {
    const mirror = await machineMirror();
    for (const part of ['state/lists/partial', 'cache/archives/partial']) {
      mkdirSync(join(this.folder, part), { recursive: true });
    }
    const signedBy = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
    writeFileSync(join(this.folder, 'sources.list'), `deb ${signedBy}${mirror} ${this.suite} main\n`);
    writeFileSync(join(this.folder, 'state/status'), '');
    writeFileSync(join(this.folder, 'apt.conf'), aptConfiguration(this.folder, this.architecture));
    await this.apt(['update', '-o', 'APT::Update::Error-Mode=any']);
  }

  /** The entries of the fetched list whose name starts with `prefix`. */
  async entries(prefix: string): Promise<IndexEntry[]> {
    const files = (await this.apt(['indextargets', '--format', '$(FILENAME)', 'Created-By: Packages'])).stdout;
    const found: IndexEntry[] = [];
    for (const file of files.split('\n').filter((name) => name !== '')) {
      found.push(...parseIndex((await mustRun(aptHelper, ['cat-file', file])).stdout, prefix));
    }
    return found;
  }

  /** Downloads one package, checked by apt against the signed index, and gives the file. A half download is never left under this name. */
  async download(pin: PackagePin): Promise<string> {
    const folder = join(this.cache, 'debs');
    const file = join(folder, `${pin.name}_${pin.version}.deb`);
    if (existsSync(file)) return file;
    const partial = join(folder, `partial-${process.pid}`);
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    try {
      await this.apt(['download', `${pin.name}=${pin.version}`], partial);
      const [fetched] = readdirSync(partial).filter((name) => name.endsWith('.deb'));
      if (fetched === undefined) throw new LabFailure(`apt-get download left no file for ${pin.name} ${pin.version}`);
      accessSync(join(partial, fetched), constants.R_OK);
      renameSync(join(partial, fetched), file);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
    return file;
  }

  private apt(args: readonly string[], cwd?: string): Promise<CommandResult> {
    return mustRun('apt-get', ['-q', '-c', join(this.folder, 'apt.conf'), ...args], {
      env: cEnvironment,
      ...(cwd === undefined ? {} : { cwd }),
    });
  }
}
