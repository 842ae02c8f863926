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
  vfioBitmap,
  vfioIommuType1DirtyBitmapGet,
  vfioIommuType1DmaUnmap,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { type DirtyState, type Due, dueOfGetBitmap, dueOfUnmap, WITH_BITMAP_SIZE } from './dirty-call';
import { u32 } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { ContainerView, IoctlExchange } from './views';

const TYPE1V2 = 3;
const HEAD = 8;
const ENOMEM = 12;

class DirtyPagesOracle implements OracleHooks {
  /** Containers on which logging was stopped after it had been started. */
  private readonly stopped = new Set<ContainerView>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  iommuCall(container: ContainerView, exchange: IoctlExchange): void {
    // VFIO_TYPE1_IOMMU answers EACCES before it looks; without the capability IOMMU-CAP-MIG-ABSENT is what holds.
    if (container.iommuType !== TYPE1V2 || !container.migrationCapability) return;
    if (exchange.name === 'VFIO_IOMMU_UNMAP_DMA') this.unmap(container, exchange);
    else if (exchange.name === 'VFIO_IOMMU_DIRTY_PAGES') this.dirtyPages(container, exchange);
  }

  private dirtyPages(container: ContainerView, exchange: IoctlExchange): void {
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
    if (container.logging) {
      this.judge.reported('DIRTY-IDEMPOTENT', `START while logging: ${sayAnswer(exchange)}`);
      return;
    }
    const again = this.stopped.has(container);
    // No memory for the log is the machine's trouble.
    if (exchange.result === -ENOMEM) return;
    this.judge.check(again ? 'DIRTY-STOP' : 'IOMMU-CAP-MIG', exchange.result >= 0, () => ({
      expected: again
        ? 'START works again after STOP'
        : 'START succeeds: the MIGRATION capability says that logging works',
      observed: errnoName(-exchange.result),
    }));
  }

  private stop(container: ContainerView, exchange: IoctlExchange): void {
    if (!container.logging) {
      this.judge.reported('DIRTY-IDEMPOTENT', `STOP without START: ${sayAnswer(exchange)}`);
      return;
    }
    this.judge.check('DIRTY-STOP', exchange.result >= 0, () => ({
      expected: 'STOP ends logging',
      observed: errnoName(-exchange.result),
    }));
    if (exchange.result >= 0) this.stopped.add(container);
  }

  private getBitmap(container: ContainerView, exchange: IoctlExchange, argsz: number): void {
    const state = this.stateOf(container);
    // What argsz does not cover is not there to be read, by the kernel or by us.
    if (!state || (argsz >= WITH_BITMAP_SIZE && exchange.sent.length < WITH_BITMAP_SIZE)) return;
    const get = vfioIommuType1DirtyBitmapGet.decode(wide(exchange.sent), this.facts.byteOrder, HEAD);
    const due = dueOfGetBitmap(state, { argsz, ...get });
    this.answers(due, exchange);
    if (due.answer === 'success' && exchange.result >= 0) this.judge.kept('DIRTY-ARGSZ');
  }

  private unmap(container: ContainerView, exchange: IoctlExchange): void {
    const state = this.stateOf(container);
    const argsz = u32(exchange.sent, 0, this.facts) ?? 0;
    const flags = u32(exchange.sent, 4, this.facts) ?? 0;
    if (!state || flags !== VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) return;
    if (argsz >= WITH_BITMAP_SIZE && exchange.sent.length < WITH_BITMAP_SIZE) return;
    const sent = wide(exchange.sent);
    const { iova, size } = vfioIommuType1DmaUnmap.decode(sent, this.facts.byteOrder);
    const bitmap = vfioBitmap.decode(sent, this.facts.byteOrder, vfioIommuType1DmaUnmap.size);
    this.answers(dueOfUnmap(state, { argsz, iova, size, bitmap }), exchange);
  }

  private answers(due: Due, exchange: IoctlExchange): void {
    if (due.answer === 'refusal') this.refused(due.clause, due.what, exchange, due.errnos);
    if (due.answer !== 'success') return;
    this.judge.check(due.clause, exchange.result >= 0, () => ({
      expected: `${due.what}: success`,
      observed: errnoName(-exchange.result),
    }));
  }

  /** Nothing can be held against a capability that says nothing usable: that is IOMMU-CAP-MIG's to judge. */
  private stateOf(container: ContainerView): DirtyState | undefined {
    const { pgsizeBitmap = 0n, maxDirtyBitmapSize = 0n } = container.migrationCapability ?? {};
    if (pgsizeBitmap === 0n || maxDirtyBitmapSize === 0n) return undefined;
    return {
      mappings: container.mappings,
      logging: container.logging ? 'on' : this.stopped.has(container) ? 'stopped' : 'off',
      smallest: pgsizeBitmap & -pgsizeBitmap,
      maxBitmapBytes: maxDirtyBitmapSize,
    };
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

function sayAnswer({ result }: IoctlExchange): string {
  return result < 0 ? errnoName(-result) : 'succeeds';
}

/** A call with a small argsz may be shorter than its structures. */
function wide(sent: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.max(sent.length, WITH_BITMAP_SIZE));
  bytes.set(sent);
  return bytes;
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
    'UNMAP-ARGSZ',
    'UNMAP-NOT-ENABLED',
    'UNMAP-SIZE',
    'UNMAP-BITMAP',
  ],
  create: (judge, facts) => new DirtyPagesOracle(judge, facts),
};
