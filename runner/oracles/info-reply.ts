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
  if (given === undefined || given < shape.minimum) return undefined;
  const { argsz, caps, chain } = shape.clauses;
  judgeGuard(judge, exchange, given, shape);
  if (result < 0) return undefined;
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
  const usable = capOffset >= shape.headSize && capOffset + 8 <= wanted;
  if (!usable) {
    // A chain that is announced and not there, whatever room there was, is the fault of argsz.
    const starved = capOffset === 0;
    judge.broken(starved ? argsz : (caps ?? chain), {
      expected: `with CAPS set, cap_offset of ${shape.name} is where the first capability starts: from ${shape.headSize} to ${wanted - 8}`,
      observed: `cap_offset ${capOffset}, argsz ${wanted}`,
    });
    return undefined;
  }
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

/** Whatever the buffer holds behind the argsz that was given belongs to the user. */
function judgeGuard(judge: Judge, exchange: InfoExchange, given: number, shape: InfoShape): void {
  const { sent, answer, result } = exchange;
  const end = Math.min(sent.length, answer.length);
  if (end <= given) return;
  let touched = -1;
  for (let at = given; at < end && touched < 0; at += 1) if (sent[at] !== answer[at]) touched = at;
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
