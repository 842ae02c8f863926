/** The rules that every INFO ioctl with a capability chain obeys: argsz, cap_offset, the chain itself. */
import { type CapabilityChain, errnoName, walkCapabilityChain } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import type { OracleFacts } from './oracle';
import type { InfoExchange } from './views';

/** What differs between the INFO structures. */
export interface InfoShape {
  readonly name: string;
  readonly capsBit: number;
  /** Offset of cap_offset in the structure. */
  readonly capOffsetAt: number;
  /** From this argsz on a kernel answers at all. */
  readonly minimum: number;
  /** Where a chain may start at the earliest: old kernels start right after cap_offset. */
  readonly headSize: number;
  readonly clauses: { readonly argsz: ClauseId; readonly caps?: ClauseId; readonly chain: ClauseId };
}

/** What was asked before, of one structure on one descriptor. */
export interface InfoMemory {
  /** The largest argsz that an answer asked for. */
  needed: number;
  /** The smallest argsz with which the chain came. */
  enough?: number;
  /** The largest argsz with which the answer announced a chain, asked for no more room, and gave none. */
  starved?: number;
}

/** Judges one exchange; returns the chain when there is one to look at. */
export function judgeInfoReply(
  judge: Judge,
  facts: OracleFacts,
  exchange: InfoExchange,
  shape: InfoShape,
  memory: InfoMemory,
): CapabilityChain | undefined {
  const { sent, answer, result } = exchange;
  const given = u32(sent, 0, facts);
  if (given === undefined) return undefined;
  const { argsz, caps, chain } = shape.clauses;
  judgeGuard(judge, exchange, given, shape);
  if (result < 0 || given < shape.minimum) return undefined;
  const wanted = u32(answer, 0, facts) ?? 0;
  const flags = u32(answer, 4, facts) ?? 0;
  if ((flags & shape.capsBit) === 0) return undefined;
  const capOffset = given >= shape.capOffsetAt + 4 ? u32(answer, shape.capOffsetAt, facts) : undefined;
  if (wanted > given) {
    const endless = memory.needed > 0 && given >= memory.needed;
    memory.needed = Math.max(memory.needed, wanted);
    judge.check(argsz, (capOffset ?? 0) === 0 && !endless, () => ({
      expected: endless
        ? `${shape.name} with argsz ${given}, which it asked for, gives the whole chain`
        : `${shape.name} with argsz ${given}, too small for the chain: success, CAPS set, cap_offset 0, argsz the size that is needed`,
      observed: `argsz ${wanted}, cap_offset ${capOffset ?? 'not there'}`,
    }));
    return undefined;
  }
  if (capOffset === undefined) return undefined;
  if (capOffset === 0) {
    judgeStarved(judge, given, shape, memory);
    return undefined;
  }
  if (capOffset < shape.headSize || capOffset + 8 > wanted) {
    judge.broken(caps ?? chain, {
      expected: `with CAPS set, cap_offset of ${shape.name} is where the first capability starts: from ${shape.headSize} to ${wanted - 8}`,
      observed: `cap_offset ${capOffset}, argsz ${wanted}`,
    });
    return undefined;
  }
  memory.enough = Math.min(memory.enough ?? given, given);
  judgeStarvation(judge, shape, memory);
  if (caps) judge.kept(caps);
  if (memory.needed > 0) judge.kept(argsz);
  const walked = walkCapabilityChain(answer, facts.byteOrder, {
    start: capOffset,
    headSize: shape.headSize,
    end: wanted,
  });
  judge.check(chain, walked.problems.length === 0, () => ({
    expected: `the capability chain of ${shape.name} ends, and every header lies inside argsz ${wanted}`,
    observed: walked.problems.map((problem) => problem.message).join('; '),
  }));
  return walked;
}

/** With so much room no chain can be too long. */
const AMPLE = 4096;

/**
 * A chain is announced, no more room is asked for, and cap_offset is 0. If it comes with more room, the needed argsz was kept back; if it
 * never comes, nothing was there to announce.
 */
function judgeStarved(judge: Judge, given: number, shape: InfoShape, memory: InfoMemory): void {
  memory.starved = Math.max(memory.starved ?? given, given);
  judgeStarvation(judge, shape, memory);
  if (given < AMPLE || memory.enough !== undefined) return;
  judge.broken(shape.clauses.caps ?? shape.clauses.chain, {
    expected: `${shape.name} sets CAPS only where there is a capability: cap_offset is not 0 when argsz has room`,
    observed: `cap_offset 0 with argsz ${given}`,
  });
}

function judgeStarvation(judge: Judge, shape: InfoShape, { enough, starved }: InfoMemory): void {
  if (enough === undefined || starved === undefined) return;
  judge.broken(shape.clauses.argsz, {
    expected: `${shape.name} with argsz ${starved}, too small for the chain, answers with the argsz that is needed`,
    observed: `it answers that ${starved} is enough, and cap_offset 0; with argsz ${enough} the chain is there`,
  });
}

/** Whatever the buffer holds behind the argsz that was given belongs to the user. */
function judgeGuard(judge: Judge, exchange: InfoExchange, given: number, shape: InfoShape): void {
  const { sent, answer, result } = exchange;
  const end = Math.min(sent.length, answer.length);
  // argsz itself is there in any case, for the kernel to read.
  const guard = Math.max(given, 4);
  if (end <= guard) return;
  let touched = -1;
  for (let at = guard; at < end && touched < 0; at += 1) if (sent[at] !== answer[at]) touched = at;
  judge.check(shape.clauses.argsz, touched < 0, () => ({
    expected: `${shape.name} writes nothing past argsz ${given}`,
    observed: `the byte at ${touched} was changed (the call ${result < 0 ? `failed with ${errnoName(-result)}` : 'succeeded'})`,
  }));
}

/** A u32 of the structure, or undefined where the buffer ends before it. */
export function u32(bytes: Uint8Array, at: number, facts: Pick<OracleFacts, 'byteOrder'>): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, facts.byteOrder === 'little');
}
