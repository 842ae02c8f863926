/**
 * Chooses image, headers and kbuild together: archives list old images beside the newest headers, and a module whose vermagic
 * differs from the image's does not load.
 */
import { LabFailure } from '../failure';
import { compareVersions } from './debian-version';
import { type IndexEntry, parseDependencies } from './package-index';

export interface PackagePin {
  readonly name: string;
  readonly version: string;
}

export interface KernelSelection {
  /** `uname -r`: 6.12.95+deb12-amd64. */
  readonly release: string;
  /** The packages' common version: 6.12.95-1~bpo12+1. */
  readonly version: string;
  readonly image: PackagePin;
  readonly headers: PackagePin;
  readonly commonHeaders: PackagePin;
  readonly kbuild: PackagePin;
  /** The compiler package that the headers ask for, e.g. gcc-12. */
  readonly compiler: string;
  /** The kernel's source of the same version, where the archive has it. */
  readonly source?: PackagePin;
}

/** 6.12.95+deb12-amd64 and 6.1.0-50-amd64, but no cloud, rt or other flavour. */
const releasePattern = /^(\d+\.\d+)\.\d[\w.+~]*(?:-\d+)?-amd64$/;

/** The series of a kernel release (`6.12` of `6.12.95+deb12-amd64`), or undefined when it is not a plain amd64 Debian kernel. */
export function seriesOf(release: string): string | undefined {
  return releasePattern.exec(release)?.[1];
}

function satisfies(version: string, relation: string | undefined, wanted: string | undefined): boolean {
  if (relation === undefined || wanted === undefined) return true;
  const order = compareVersions(version, wanted);
  if (relation === '=') return order === 0;
  if (relation === '>=') return order >= 0;
  if (relation === '<=') return order <= 0;
  return relation === '>>' ? order > 0 : order < 0;
}

function newest(entries: readonly IndexEntry[]): IndexEntry | undefined {
  return [...entries].sort((a, b) => compareVersions(b.version, a.version))[0];
}

function pin(entry: IndexEntry): PackagePin {
  return { name: entry.name, version: entry.version };
}

/** What the headers package of one image needs, or a word for what is missing. */
function complete(entries: readonly IndexEntry[], release: string, image: IndexEntry): KernelSelection | string {
  const headers = entries.find((e) => e.name === `linux-headers-${release}` && e.version === image.version);
  if (headers === undefined) return 'no headers of the same version';
  const dependencies = parseDependencies(headers.depends);
  const resolve = (pattern: RegExp): IndexEntry | undefined => {
    const dependency = dependencies.find((d) => pattern.test(d.name));
    if (dependency === undefined) return undefined;
    return newest(
      entries.filter(
        (e) => e.name === dependency.name && satisfies(e.version, dependency.relation, dependency.version),
      ),
    );
  };
  const commonHeaders = resolve(/^linux-headers-.*-common$/);
  if (commonHeaders === undefined) return 'no common headers';
  const kbuild = resolve(/^linux-kbuild-/);
  if (kbuild === undefined) return 'no kbuild';
  const compiler = dependencies.map((d) => /^(?:linux-compiler-)?(gcc-\d+)(?:-x86)?$/.exec(d.name)?.[1]).find(Boolean);
  const source = entries.find((e) => e.name === `linux-source-${seriesOf(release)}` && e.version === image.version);
  return {
    release,
    version: image.version,
    image: pin(image),
    headers: pin(headers),
    commonHeaders: pin(commonHeaders),
    kbuild: pin(kbuild),
    compiler: compiler ?? 'gcc',
    ...(source === undefined ? {} : { source: pin(source) }),
  };
}

/** The newest kernel of a series (`6.12`) whose image, headers and kbuild are all in the index. Throws LabFailure when there is none. */
export function selectKernel(entries: readonly IndexEntry[], series: string): KernelSelection {
  const images = entries
    .map((entry) => ({ entry, match: /^linux-image-(.*?)(-unsigned)?$/.exec(entry.name) }))
    .flatMap(({ entry, match }) =>
      match?.[1] !== undefined && seriesOf(match[1]) === series
        ? [{ entry, release: match[1], unsigned: match[2] !== undefined }]
        : [],
    )
    .sort((a, b) => compareVersions(b.entry.version, a.entry.version) || Number(a.unsigned) - Number(b.unsigned));
  const reasons: string[] = [];
  for (const { entry, release } of images) {
    const answer = complete(entries, release, entry);
    if (typeof answer !== 'string') return answer;
    reasons.push(`${entry.name} ${entry.version}: ${answer}`);
  }
  const seen = reasons.length === 0 ? 'it lists no image of this series' : reasons.slice(0, 5).join('; ');
  throw new LabFailure(`the package index has no complete ${series} kernel for amd64: ${seen}`);
}
