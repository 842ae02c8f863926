/** Judges VFIO_IOMMU_GET_INFO: the chain, the MIGRATION and DMA_AVAIL capabilities (header diff, lines 290-328). */
import {
  type Capability,
  errnoName,
  VFIO_IOMMU_INFO_CAPS,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
  vfioIommuType1DmaUnmap,
  vfioIommuType1InfoCapMigration,
  vfioIommuType1InfoDmaAvail,
} from '../abi';
import { type InfoMemory, type InfoShape, judgeInfoReply } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { ContainerView, InfoExchange, IoctlExchange } from './views';

const IOMMU_INFO: InfoShape = {
  name: 'VFIO_IOMMU_GET_INFO',
  capsBit: VFIO_IOMMU_INFO_CAPS,
  capOffsetAt: 16,
  // The structure as it was before it had a chain.
  minimum: 16,
  headSize: 20,
  clauses: { argsz: 'IOMMU-INFO-CHAIN', chain: 'IOMMU-INFO-CHAIN' },
};

const TYPE1 = 1;
const ENOSPC = 28;
/** iommufd's compatible container reports this, whatever is mapped. */
const CONSTANT_AVAIL = 0xffff;

interface Memory extends InfoMemory {
  /** avail as last read, and by how much the mappings made and removed since then must have changed it. */
  avail: number | undefined;
  change: number;
  /** MAP_DMA and UNMAP_DMA calls since then, whatever came of them. */
  calls: number;
  /** Whether capability 2 is there; undefined before a whole chain was seen. */
  migration: boolean | undefined;
}

class IommuInfoOracle implements OracleHooks {
  private readonly memories = new Map<ContainerView, Memory>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  iommuInfo(container: ContainerView, exchange: InfoExchange): void {
    const memory = this.memory(container);
    const chain = judgeInfoReply(this.judge, this.facts, exchange, IOMMU_INFO, memory);
    if (!chain) return;
    const has = (id: number) => chain.capabilities.some((capability) => capability.id === id);
    // A chain that breaks off proves nothing about what is not in it.
    if (has(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION)) memory.migration = true;
    else if (chain.problems.length === 0) memory.migration = false;
    for (const capability of chain.capabilities) {
      if (capability.id === VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION) this.judgeMigration(container, capability);
      if (capability.id === VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL) this.judgeAvail(memory, capability);
    }
    if (chain.problems.length > 0) return;
    if (!has(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION))
      this.judge.notApplicable('IOMMU-CAP-MIG', 'the IOMMU info has no MIGRATION capability (2)');
    else this.judge.notApplicable('IOMMU-CAP-MIG-ABSENT', 'the IOMMU info has the MIGRATION capability (2)');
    if (!has(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)) {
      for (const clause of ['IOMMU-CAP-AVAIL', 'IOMMU-AVAIL-ENOSPC'])
        this.judge.notApplicable(clause, 'the IOMMU info has no DMA_AVAIL capability (3)');
    }
  }

  iommuCall(container: ContainerView, exchange: IoctlExchange): void {
    const memory = this.memory(container);
    if (exchange.name === 'VFIO_IOMMU_DIRTY_PAGES' && memory.migration === false) {
      this.judge.check('IOMMU-CAP-MIG-ABSENT', exchange.result < 0, () => ({
        expected: 'VFIO_IOMMU_DIRTY_PAGES without the MIGRATION capability: an error',
        observed: 'the call succeeded',
      }));
    }
    if (exchange.name === 'VFIO_IOMMU_MAP_DMA') this.mapped(memory, exchange);
    if (exchange.name === 'VFIO_IOMMU_UNMAP_DMA') this.unmapped(container, memory, exchange);
  }

  private mapped(memory: Memory, { result }: IoctlExchange): void {
    const left = memory.avail === undefined ? undefined : memory.avail + memory.change;
    memory.calls += 1;
    if (result >= 0) memory.change -= 1;
    if (left === undefined) return;
    if (left === 0 && (result >= 0 || result === -ENOSPC)) {
      const refused = this.judge.check('IOMMU-AVAIL-ENOSPC', result < 0, () => ({
        expected: 'VFIO_IOMMU_MAP_DMA at avail 0: ENOSPC',
        observed: 'the call succeeded',
      }));
      // What avail says beyond its own end is nothing that could be held against it once more.
      if (!refused) memory.avail = undefined;
    } else if (result === -ENOSPC) {
      this.judge.broken('IOMMU-CAP-AVAIL', {
        expected: `${left} more mappings can be made, as avail says`,
        observed: errnoName(ENOSPC),
      });
    }
  }

  private unmapped(container: ContainerView, memory: Memory, exchange: IoctlExchange): void {
    memory.calls += 1;
    if (exchange.result < 0) return;
    const unmap = vfioIommuType1DmaUnmap.decode(exchange.answer, this.facts.byteOrder);
    for (const [iova, size] of container.mappings) {
      if (iova >= unmap.iova && iova + size <= unmap.iova + unmap.size) memory.change += 1;
    }
  }

  private judgeMigration(container: ContainerView, { version, bytes }: Capability): void {
    const whole = version === 1 && bytes.length >= vfioIommuType1InfoCapMigration.size;
    this.judge.check('IOMMU-CAP-VERSION', whole, () => ({
      expected: `capability MIGRATION in version 1 with its ${vfioIommuType1InfoCapMigration.size} bytes`,
      observed: `version ${version}, ${bytes.length} bytes`,
    }));
    if (!whole || container.iommuType === TYPE1) return;
    const capability = vfioIommuType1InfoCapMigration.decode(bytes, this.facts.byteOrder);
    this.judge.check(
      'IOMMU-CAP-MIG',
      capability.pgsize_bitmap !== 0n && capability.max_dirty_bitmap_size !== 0n,
      () => ({
        expected: 'a page size in pgsize_bitmap, and a max_dirty_bitmap_size above 0',
        observed: `pgsize_bitmap 0x${capability.pgsize_bitmap.toString(16)}, max_dirty_bitmap_size ${capability.max_dirty_bitmap_size}`,
      }),
    );
  }

  private judgeAvail(memory: Memory, { version, bytes }: Capability): void {
    const whole = version === 1 && bytes.length >= 12;
    this.judge.check('IOMMU-CAP-VERSION', whole, () => ({
      expected: 'capability DMA_AVAIL in version 1 with its 12 bytes',
      observed: `version ${version}, ${bytes.length} bytes`,
    }));
    if (!whole) return;
    const { offset } = vfioIommuType1InfoDmaAvail.fields.avail;
    const avail = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, this.facts.byteOrder === 'little');
    const { avail: before, change, calls, migration } = memory;
    Object.assign(memory, { avail, change: 0, calls: 0 });
    if (before === undefined || calls === 0) return;
    if (migration === false && avail === CONSTANT_AVAIL && before === CONSTANT_AVAIL) {
      const evidence = `avail is always ${avail}, and there is no MIGRATION capability (2): a compatible container, not type1`;
      for (const clause of ['IOMMU-CAP-AVAIL', 'IOMMU-AVAIL-ENOSPC']) this.judge.notApplicable(clause, evidence);
      return;
    }
    this.judge.check('IOMMU-CAP-AVAIL', avail === before + change, () => ({
      expected: `avail ${before + change}: it was ${before}, and ${sayChange(change)}`,
      observed: `${avail}`,
    }));
  }

  private memory(container: ContainerView): Memory {
    let memory = this.memories.get(container);
    if (!memory) {
      memory = { needed: 0, avail: undefined, change: 0, calls: 0, migration: undefined };
      this.memories.set(container, memory);
    }
    return memory;
  }
}

function sayChange(change: number): string {
  if (change === 0) return 'there are as many mappings as then';
  return change < 0 ? `${-change} more mappings were made` : `${change} mappings were removed`;
}

export const oracle: Oracle = {
  name: 'iommu-info',
  clauses: [
    'IOMMU-INFO-CHAIN',
    'IOMMU-CAP-VERSION',
    'IOMMU-CAP-MIG',
    'IOMMU-CAP-MIG-ABSENT',
    'IOMMU-CAP-AVAIL',
    'IOMMU-AVAIL-ENOSPC',
  ],
  create: (judge, facts) => new IommuInfoOracle(judge, facts),
};
