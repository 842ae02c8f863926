import { type Capability, chainSize, encodeChain } from './info-chain';
import type { UserStructure } from './user-structure';

/** Where an info structure keeps its capability chain's fields. */
export interface InfoLayout {
  /** Bytes that every caller must bring. */
  readonly minimum: number;
  /** sizeof the structure: where the chain starts. */
  readonly size: number;
  readonly capOffsetAt: number;
  readonly capsFlag: number;
  /** Whether cap_offset is cleared when there is no chain; some drivers leave it as the caller had it. */
  readonly clearsOffset: boolean;
}

/** What a capability-bearing info ioctl answers; its methods are the rules of <linux/vfio.h> for argsz and cap_offset. */
export class InfoReply {
  constructor(
    readonly layout: InfoLayout,
    readonly capabilities: readonly Capability[],
  ) {}

  /** The flags, with CAPS when there is a chain. */
  flags(flags: number): number {
    return this.capabilities.length > 0 ? flags | this.layout.capsFlag : flags;
  }

  /** The argsz that the whole answer needs. */
  needed(): number {
    return this.layout.size + chainSize(this.capabilities);
  }

  encode(structure: UserStructure): Uint8Array {
    return encodeChain(this.capabilities, this.layout.size, structure.order);
  }

  /** Writes argsz, cap_offset and the chain, never past the caller's argsz; the other fields are the caller's business. */
  write(structure: UserStructure): void {
    const argsz = structure.u32(0);
    const room = argsz >= this.layout.capOffsetAt + 4;
    if (this.capabilities.length === 0) {
      if (room && this.layout.clearsOffset) structure.setU32(this.layout.capOffsetAt, 0);
      return;
    }
    if (argsz < this.needed()) {
      structure.setU32(0, this.needed());
      if (room) structure.setU32(this.layout.capOffsetAt, 0);
      return;
    }
    structure.copyIn(this.layout.size, this.encode(structure));
    structure.setU32(this.layout.capOffsetAt, this.layout.size);
  }
}
