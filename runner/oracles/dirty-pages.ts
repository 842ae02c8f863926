/**
 * Judges the answers of VFIO_IOMMU_DIRTY_PAGES and of UNMAP_DMA with a bitmap by what was asked (header diff, lines 348-421). What the
 * bitmap holds is judged by the `dirty` and `unmap` steps, which know what the device wrote.
 */
import {
  errnoName,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
  type VfioIommuType1DirtyBitmapGet,
  vfioBitmap,
  vfioIommuType1DirtyBitmapGet,
  vfioIommuType1DmaUnmap,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { u32 } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { ContainerView, IoctlExchange } from './views';

const TYPE1V2 = 3;
const HEAD = 8;
const GET_SIZE = 48;
const UNMAP_WITH_BITMAP = 48;

class DirtyPagesOracle implements OracleHooks {
  /** Containers on which logging was stopped after it had been started. */
  private readonly stopped = new Set<ContainerView>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  iommuCall(container: ContainerView, exchange: IoctlExchange): void {
    if (container.iommuType !== TYPE1V2) return;
    if (exchange.name === 'VFIO_IOMMU_UNMAP_DMA') this.unmap(container, exchange);
    if (exchange.name !== 'VFIO_IOMMU_DIRTY_PAGES') return;
    const argsz = u32(exchange.sent, 0, this.facts) ?? 0;
    const flags = u32(exchange.sent, 4, this.facts) ?? 0;
    if (argsz < HEAD) {
      this.refused('DIRTY-ARGSZ', `argsz ${argsz}, too small for struct vfio_iommu_type1_dirty_bitmap`, exchange);
      return;
    }
    switch (flags) {
      case VFIO_IOMMU_DIRTY_PAGES_FLAG_START:
        this.start(container, exchange);
        break;
      case VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP:
        this.stop(container, exchange);
        break;
      case VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP:
        this.getBitmap(container, exchange, argsz);
        break;
      default:
        this.refused(
          'DIRTY-ONE-FLAG',
          `flags 0x${flags.toString(16)}: not exactly one of START, STOP and GET_BITMAP`,
          exchange,
          ['EINVAL'],
        );
    }
  }

  private start(container: ContainerView, exchange: IoctlExchange): void {
    if (!container.migrationCapability) {
      this.refused('IOMMU-CAP-MIG-ABSENT', 'START without the MIGRATION capability', exchange);
      return;
    }
    if (container.logging) {
      this.judge.reported(
        'DIRTY-IDEMPOTENT',
        `START while logging: ${exchange.result < 0 ? errnoName(-exchange.result) : 'succeeds'}`,
      );
      return;
    }
    const again = this.stopped.has(container);
    // A mapping of more than INT_MAX pages, or no memory for the log, is the kernel's to refuse.
    if (exchange.result === -12) return;
    this.judge.check(again ? 'DIRTY-STOP' : 'IOMMU-CAP-MIG', exchange.result >= 0, () => ({
      expected: again
        ? 'START works again after STOP'
        : 'START succeeds: the MIGRATION capability says that logging works',
      observed: errnoName(-exchange.result),
    }));
  }

  private stop(container: ContainerView, exchange: IoctlExchange): void {
    if (!container.logging) {
      this.judge.reported(
        'DIRTY-IDEMPOTENT',
        `STOP without START: ${exchange.result < 0 ? errnoName(-exchange.result) : 'succeeds'}`,
      );
      return;
    }
    this.judge.check('DIRTY-STOP', exchange.result >= 0, () => ({
      expected: 'STOP ends logging',
      observed: errnoName(-exchange.result),
    }));
    if (exchange.result >= 0) this.stopped.add(container);
  }

  private getBitmap(container: ContainerView, exchange: IoctlExchange, argsz: number): void {
    if (argsz < GET_SIZE) {
      this.refused(
        'DIRTY-ARGSZ',
        `GET_BITMAP with argsz ${argsz}, below the ${GET_SIZE} bytes of both structures`,
        exchange,
        ['EINVAL'],
      );
      return;
    }
    const capability = container.migrationCapability;
    if (!capability || exchange.sent.length < GET_SIZE) return;
    if (!container.logging) {
      const clause: ClauseId = this.stopped.has(container) ? 'DIRTY-STOP' : 'DIRTY-NOT-ENABLED';
      this.refused(
        clause,
        this.stopped.has(container) ? 'GET_BITMAP after STOP' : 'GET_BITMAP without START',
        exchange,
      );
      return;
    }
    const get = vfioIommuType1DirtyBitmapGet.decode(exchange.sent, this.facts.byteOrder, HEAD);
    const smallest = capability.pgsizeBitmap & -capability.pgsizeBitmap;
    const problem = this.problemOf(container, get, smallest, capability.maxDirtyBitmapSize);
    if (problem === 'unjudged') return;
    if (problem) {
      this.refused(problem.clause, problem.what, exchange, problem.errnos);
      return;
    }
    if (get.bitmap.pgsize !== smallest) return;
    this.judge.check(clauseOfGoodCall(container, get, argsz), exchange.result >= 0, () => ({
      expected: `GET_BITMAP of ${get.size} bytes at 0x${get.iova.toString(16)} with the smallest page size ${smallest} succeeds`,
      observed: errnoName(-exchange.result),
    }));
    if (exchange.result >= 0) this.judge.kept('DIRTY-ARGSZ');
  }

  /** What in a GET_BITMAP call must be refused, if anything. */
  private problemOf(
    container: ContainerView,
    get: VfioIommuType1DirtyBitmapGet,
    smallest: bigint,
    maximum: bigint,
  ): { clause: ClauseId; what: string; errnos?: readonly string[] } | 'unjudged' | undefined {
    const { iova, size, bitmap } = get;
    const where = `GET_BITMAP of ${size} bytes at 0x${iova.toString(16)}`;
    const end = iova + size;
    if (end === 1n << 64n || bitmap.pgsize === 0n) return 'unjudged';
    const misshapen = size === 0n || end > 1n << 64n || iova % smallest !== 0n || size % smallest !== 0n;
    if (misshapen)
      return { clause: 'DIRTY-RANGE-ERR', what: `${where}: empty, unaligned or wrapping`, errnos: ['EINVAL'] };
    const cut = [...container.mappings].find(
      ([start, length]) => (start < iova && start + length > iova) || (start < end && start + length > end),
    );
    if (cut)
      return {
        clause: 'DIRTY-RANGE-ERR',
        what: `${where}: it cuts the mapping at 0x${cut[0].toString(16)}`,
        errnos: ['EINVAL'],
      };
    if (bitmap.pgsize !== smallest) return undefined;
    const words = (size / bitmap.pgsize + 63n) / 64n;
    if (bitmap.size < words * 8n)
      return {
        clause: 'DIRTY-SIZE',
        what: `${where} with a bitmap of ${bitmap.size} bytes, where ${words * 8n} are needed`,
      };
    if (bitmap.size > maximum)
      return {
        clause: 'DIRTY-SIZE',
        what: `${where} with a bitmap of ${bitmap.size} bytes, above max_dirty_bitmap_size ${maximum}`,
      };
    return undefined;
  }

  private unmap(container: ContainerView, exchange: IoctlExchange): void {
    const flags = u32(exchange.sent, 4, this.facts) ?? 0;
    if (flags !== VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP || !container.migrationCapability) return;
    const argsz = u32(exchange.sent, 0, this.facts) ?? 0;
    if (argsz < UNMAP_WITH_BITMAP) {
      this.refused(
        'UNMAP-ARGSZ',
        `UNMAP_DMA with GET_DIRTY_BITMAP and argsz ${argsz}, without room for struct vfio_bitmap`,
        exchange,
      );
      return;
    }
    if (exchange.sent.length < UNMAP_WITH_BITMAP) return;
    const unmap = vfioIommuType1DmaUnmap.decode(exchange.sent, this.facts.byteOrder);
    const bitmap = vfioBitmap.decode(exchange.sent, this.facts.byteOrder, vfioIommuType1DmaUnmap.size);
    if (!container.logging) {
      this.refused('UNMAP-NOT-ENABLED', 'UNMAP_DMA with GET_DIRTY_BITMAP while logging is off', exchange);
      return;
    }
    const { pgsizeBitmap, maxDirtyBitmapSize } = container.migrationCapability;
    const smallest = pgsizeBitmap & -pgsizeBitmap;
    if (bitmap.pgsize !== smallest || unmap.size === 0n) return;
    const needed = ((unmap.size / smallest + 63n) / 64n) * 8n;
    if (bitmap.size < needed || bitmap.size > maxDirtyBitmapSize) {
      this.refused(
        'UNMAP-SIZE',
        `UNMAP_DMA with a bitmap of ${bitmap.size} bytes, where ${needed} are needed and ${maxDirtyBitmapSize} allowed`,
        exchange,
      );
      return;
    }
    const exact = container.mappings.get(unmap.iova) === unmap.size;
    if (!exact) return;
    this.judge.check('UNMAP-BITMAP', exchange.result >= 0, () => ({
      expected: `UNMAP_DMA of the mapping at 0x${unmap.iova.toString(16)} with its bitmap succeeds`,
      observed: errnoName(-exchange.result),
    }));
  }

  private refused(clause: ClauseId, what: string, exchange: IoctlExchange, errnos?: readonly string[]): void {
    this.judge.check(clause, exchange.result < 0, () => ({
      expected: `${what}: an error`,
      observed: 'the call succeeded',
    }));
    if (exchange.result >= 0 || !errnos) return;
    const name = errnoName(-exchange.result);
    if (!errnos.includes(name)) this.judge.note(`${what}: ${name}, where Linux says ${errnos.join(' or ')}`);
  }
}

/** Which freedom of the caller a refused good call denies: a larger argsz, a larger bitmap, a hole, or just the plain call. */
function clauseOfGoodCall(container: ContainerView, get: VfioIommuType1DirtyBitmapGet, argsz: number): ClauseId {
  if (argsz > GET_SIZE) return 'DIRTY-ARGSZ';
  if (get.bitmap.size > ((get.size / get.bitmap.pgsize + 63n) / 64n) * 8n) return 'DIRTY-SIZE';
  let covered = 0n;
  for (const [iova, size] of container.mappings)
    if (iova >= get.iova && iova + size <= get.iova + get.size) covered += size;
  return covered < get.size ? 'DIRTY-RANGE-ERR' : 'DIRTY-PGSIZE';
}

export const oracle: Oracle = {
  name: 'dirty-pages',
  clauses: [
    'DIRTY-ARGSZ',
    'DIRTY-ONE-FLAG',
    'DIRTY-IDEMPOTENT',
    'DIRTY-STOP',
    'DIRTY-NOT-ENABLED',
    'DIRTY-RANGE-ERR',
    'DIRTY-SIZE',
    'DIRTY-PGSIZE',
    'IOMMU-CAP-MIG',
    'IOMMU-CAP-MIG-ABSENT',
    'UNMAP-ARGSZ',
    'UNMAP-NOT-ENABLED',
    'UNMAP-SIZE',
    'UNMAP-BITMAP',
  ],
  create: (judge, facts) => new DirtyPagesOracle(judge, facts),
};
