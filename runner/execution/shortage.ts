/**
 * Shortage: what a host without memory, descriptors or a connection answers says nothing of its devices. A case that meets such an
 * answer is broken, and nothing is judged from then on.
 *
 * ENOMEM, EMFILE and ENFILE are the host's at every call. ENOSPC is where the kernel makes something for the kit; a driver may have reasons
 * of its own for it. A VFIO_IOMMU_MAP_DMA that runs into the limit on locked memory is left to the steps: some look for that limit.
 */
import { ERRNO, errnoName, type IoctlEncoding, ioctlName, ioctlNumber } from '../abi';
import { HostLost } from '../host/vfio-host';
import type { Access, AccessListener } from '../host/watched-host';
import { GiveUp } from './case-end';

/** The machine ran short of something while a case ran. */
export class HostShortage extends GiveUp {}

const EVERYWHERE: readonly number[] = [ERRNO.ENOMEM, ERRNO.EMFILE, ERRNO.ENFILE];
const MAKING: readonly Access['call'][] = ['open', 'eventfd', 'allocate', 'mmap'];

const ADVICE: Readonly<Record<number, string>> = {
  [ERRNO.ENOMEM]: 'it is out of memory, or over a limit (free, ulimit -l, the memory limit of its control group)',
  [ERRNO.EMFILE]: 'this process may not open more files (ulimit -n)',
  [ERRNO.ENFILE]: 'no process may open more files (fs.file-max)',
  [ERRNO.ENOSPC]: 'a limit of the kernel is reached',
};

export class ShortageWatch implements AccessListener {
  /** The first one, for people. */
  seen: string | undefined;
  private readonly mapDma: number;

  /** `onFirst` hears of the first one before anybody judges the access. */
  constructor(
    private readonly encoding: IoctlEncoding,
    private readonly onFirst: () => void,
  ) {
    this.mapDma = ioctlNumber('VFIO_IOMMU_MAP_DMA', encoding);
  }

  /** @throws HostShortage, so that no verb takes the answer for the driver's. */
  after(access: Access): void {
    if (access.thrown instanceof HostLost) {
      this.note(access.thrown.message);
      return;
    }
    const errno = -access.result;
    if (errno <= 0 || access.thrown !== undefined || !this.isShortage(access, errno)) return;
    const message = `the machine ran short, which says nothing of the driver: ${this.name(access)} answered ${errnoName(errno)}; ${ADVICE[errno] ?? ''}`;
    this.note(message);
    throw new HostShortage(message);
  }

  private isShortage({ call, request }: Access, errno: number): boolean {
    if (errno === ERRNO.ENOMEM && call === 'ioctl' && request === this.mapDma) return false;
    return EVERYWHERE.includes(errno) || (errno === ERRNO.ENOSPC && MAKING.includes(call));
  }

  private note(message: string): void {
    if (this.seen !== undefined) return;
    this.seen = message;
    this.onFirst();
  }

  private name({ call, request, path }: Access): string {
    if (call === 'ioctl' && request !== undefined) return ioctlName(request, this.encoding);
    return path === undefined ? call : `open of ${path}`;
  }
}
