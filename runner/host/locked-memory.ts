/** What there is to say where VFIO_IOMMU_MAP_DMA runs into RLIMIT_MEMLOCK: the limit as it is, and how it is raised. */
import type { SystemFiles } from './holders';

const RAISE =
  'raise it: `ulimit -l unlimited` as root, "USER - memlock unlimited" in /etc/security/limits.conf and a new login, ' +
  'or LimitMEMLOCK=infinity for a systemd service';

/** Of the process that makes the calls. A process with CAP_IPC_LOCK has no limit, whatever stands there. */
export function lockedMemory(files: SystemFiles): string {
  const limits = files.readText('/proc/self/limits');
  const [, soft, hard] = (typeof limits === 'string' && /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(limits)) || [];
  if (soft === undefined || hard === undefined)
    return `the limit on locked memory (RLIMIT_MEMLOCK) may be too small; ${RAISE}`;
  if (soft === 'unlimited')
    return 'the limit on locked memory (RLIMIT_MEMLOCK) is unlimited, so that the machine is out of memory';
  const bytes = (text: string): string => (/^\d+$/.test(text) ? `${Number(text) / 1024} KiB` : text);
  return `the limit on locked memory (RLIMIT_MEMLOCK) is ${bytes(soft)}, at most ${bytes(hard)} without root, and is too small; ${RAISE}`;
}
