import type { ByteOrder } from '../../abi/byte-order';
import { Container } from './container';
import { fail } from './errno';
import { EventFile } from './event-file';
import { FileTable } from './file-table';
import { Group } from './group';
import { MemoryStore } from './memory-store';
import type { PathTree } from './path-tree';
import type { Type1Iommu } from './type1-iommu';
import type { VendorDevice } from './vendor-device';

export interface KernelOptions {
  readonly order: ByteOrder;
  readonly pageSize: number;
  readonly entryLimit: number;
  readonly tree: PathTree;
  readonly groups: readonly { readonly number: number; readonly device: VendorDevice }[];
  /** Called for each IOMMU driver as a container gets one: where the kernel's faults come in. */
  readonly onIommu: (iommu: Type1Iommu) => void;
}

/** The simulated kernel: descriptors, the VFIO character devices, the process's memory and the files that tell of the devices. */
export class Kernel {
  readonly files = new FileTable();
  readonly memory: MemoryStore;
  readonly tree: PathTree;
  private readonly groups: readonly Group[];

  constructor(private readonly options: KernelOptions) {
    this.memory = new MemoryStore(options.pageSize);
    this.tree = options.tree;
    this.groups = options.groups.map(({ number, device }) => new Group(number, [device], device.backing));
  }

  /** open(2): a descriptor or -errno. */
  open(path: string, access: 'read-only' | 'read-write'): number {
    const { order, pageSize, entryLimit } = this.options;
    if (path === '/dev/vfio/vfio') {
      const type1 = { order, pageSize, entryLimit, memory: this.memory };
      return this.files.install(new Container(type1, this.options.onIommu));
    }
    const group = this.groups.find((candidate) => path === `/dev/vfio/${candidate.number}`);
    if (group !== undefined) {
      const file = group.open(this.files, order);
      return typeof file === 'number' ? file : this.files.install(file);
    }
    const text = this.tree.readText(path);
    if (typeof text === 'number') return text;
    return access === 'read-write' ? fail('EACCES') : fail('EINVAL');
  }

  eventfd(): number {
    return this.files.install(new EventFile(this.options.order));
  }
}
