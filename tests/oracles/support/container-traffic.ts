/** Feeds one oracle with the calls of a container, as World would: judged by what was true before each. */
import {
  encodeDirtyPagesGet,
  encodeUnmapWithBitmap,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  VFIO_IOMMU_INFO_CAPS,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DmaMap,
  vfioIommuType1DmaUnmap,
  vfioIommuType1Info,
  vfioIommuType1InfoCapMigration,
  vfioIommuType1InfoDmaAvail,
} from '../../../runner/abi';
import type { Oracle, OracleHooks } from '../../../runner/oracles/oracle';
import type { ContainerView } from '../../../runner/oracles/views';
import { RecordingJudge } from './recording-judge';

const FACTS = { byteOrder: 'little', pageSize: 4096, architecture: 'x86_64' } as const;
const PAGE = 4096n;

export interface InfoContent {
  readonly avail?: number;
  readonly migration?: { readonly pgsizes?: bigint; readonly largest?: bigint; readonly version?: number };
  /** Where the chain's first header points instead of to the next one. */
  readonly firstNext?: number;
}

export interface BitmapArguments {
  readonly iova?: bigint;
  readonly size?: bigint;
  readonly bytes?: bigint;
  readonly data?: bigint;
  readonly argsz?: number;
}

export class ContainerTraffic {
  readonly judge = new RecordingJudge();
  readonly container: ContainerView = {
    fd: 3,
    iommuType: 3,
    mappings: new Map(),
    logging: false,
    provoked: new Set(),
  };
  readonly hooks: OracleHooks;

  constructor(oracle: Oracle) {
    this.hooks = oracle.create(this.judge, FACTS);
  }

  /** VFIO_IOMMU_GET_INFO with room for everything. */
  info({ avail, migration, firstNext }: InfoContent): this {
    const chain: { id: number; version: number; bytes: Uint8Array }[] = [];
    if (migration) {
      const { pgsizes = PAGE, largest = 1n << 28n, version = 1 } = migration;
      const fields = { pgsize_bitmap: pgsizes, max_dirty_bitmap_size: largest };
      chain.push({
        id: VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
        version,
        bytes: vfioIommuType1InfoCapMigration.encode(fields, 'little'),
      });
      this.container.migrationCapability = { pgsizeBitmap: pgsizes, maxDirtyBitmapSize: largest };
    }
    if (avail !== undefined) {
      const bytes = vfioIommuType1InfoDmaAvail.encode({ avail }, 'little');
      chain.push({ id: VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, version: 1, bytes });
    }
    const start = vfioIommuType1Info.size;
    const total = chain.reduce((sum, { bytes }) => sum + bytes.length, start);
    const fields = { argsz: total, flags: VFIO_IOMMU_INFO_CAPS, cap_offset: chain.length > 0 ? start : 0 };
    const answer = new Uint8Array(total);
    vfioIommuType1Info.encodeInto(answer, fields, 'little');
    let at = start;
    for (const [n, { id, version, bytes }] of chain.entries()) {
      answer.set(bytes, at);
      const header = new DataView(answer.buffer, at);
      header.setUint16(0, id, true);
      header.setUint16(2, version, true);
      const next = n + 1 < chain.length ? at + bytes.length : 0;
      header.setUint32(4, n === 0 && firstNext !== undefined ? firstNext : next, true);
      at += bytes.length;
    }
    const sent = new Uint8Array(total);
    vfioIommuType1Info.encodeInto(sent, { argsz: total }, 'little');
    this.hooks.iommuInfo?.(this.container, { sent, answer, result: 0 });
    return this;
  }

  map(iova: bigint, pages = 1n, result = 0): this {
    const fields = { argsz: vfioIommuType1DmaMap.size, flags: 3, vaddr: 0x7000n, iova, size: pages * PAGE };
    this.call('VFIO_IOMMU_MAP_DMA', vfioIommuType1DmaMap.encode(fields, 'little'), result);
    if (result >= 0) this.container.mappings.set(iova, pages * PAGE);
    return this;
  }

  unmap(iova: bigint, pages = 1n, result = 0): this {
    const fields = { argsz: vfioIommuType1DmaUnmap.size, flags: 0, iova, size: pages * PAGE };
    this.call('VFIO_IOMMU_UNMAP_DMA', vfioIommuType1DmaUnmap.encode(fields, 'little'), result);
    if (result >= 0)
      for (const start of [...this.container.mappings.keys()])
        if (start >= iova && start < iova + pages * PAGE) this.container.mappings.delete(start);
    return this;
  }

  /** START, STOP or flags that are neither. */
  flags(flags: number, result = 0, argsz = vfioIommuType1DirtyBitmap.size): this {
    this.call('VFIO_IOMMU_DIRTY_PAGES', vfioIommuType1DirtyBitmap.encode({ argsz, flags }, 'little'), result);
    if (result >= 0 && flags === 1) this.container.logging = true;
    if (result >= 0 && flags === 2) this.container.logging = false;
    return this;
  }

  get(asked: BitmapArguments, result = 0): this {
    const { iova = 0n, size = PAGE, bytes = 8n, data = 0x1000n, argsz } = asked;
    const get = { iova, size, bitmap: { pgsize: PAGE, size: bytes, data } };
    const sent = encodeDirtyPagesGet({ flags: VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, get }, 'little');
    if (argsz !== undefined) vfioIommuType1DirtyBitmap.setField(sent, 'argsz', argsz, 'little');
    return this.call('VFIO_IOMMU_DIRTY_PAGES', sent, result);
  }

  unmapWithBitmap(asked: BitmapArguments, result = 0): this {
    const { iova = 0n, size = PAGE, bytes = 8n, data = 0x1000n, argsz } = asked;
    const bitmap = { pgsize: PAGE, size: bytes, data };
    const sent = encodeUnmapWithBitmap({ flags: VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, iova, size, bitmap }, 'little');
    if (argsz !== undefined) vfioIommuType1DirtyBitmap.setField(sent, 'argsz', argsz, 'little');
    return this.call('VFIO_IOMMU_UNMAP_DMA', sent, result);
  }

  private call(name: string, sent: Uint8Array, result: number): this {
    this.hooks.iommuCall?.(this.container, { name, request: 0, sent, answer: sent, result });
    return this;
  }
}
