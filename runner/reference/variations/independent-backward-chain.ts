import { CAPABILITY_HEADER_SIZE, capabilitySize } from '../kernel/info-chain';
import type { InfoReply } from '../kernel/info-reply';
import type { UserStructure } from '../kernel/user-structure';

/** Bytes that nobody uses, behind the structure and behind each capability: all but the first one stand at no multiple of 8. */
const GAP = 4;

/** Writes a chain whose first capability stands last in memory: every `next` points towards the beginning. */
export function writeBackwardChain(reply: InfoReply, structure: UserStructure): void {
  const { layout, capabilities, needed } = { ...placesOf(reply), layout: reply.layout };
  const argsz = structure.u32(0);
  if (argsz < needed) {
    structure.setU32(0, needed);
    if (argsz >= layout.capOffsetAt + 4) structure.setU32(layout.capOffsetAt, 0);
    return;
  }
  capabilities.forEach(({ capability, at }, index) => {
    const bytes = new Uint8Array(CAPABILITY_HEADER_SIZE + capability.body.length);
    const view = new DataView(bytes.buffer);
    const little = structure.order === 'little';
    view.setUint16(0, capability.id, little);
    view.setUint16(2, capability.version, little);
    view.setUint32(4, capabilities[index + 1]?.at ?? 0, little);
    bytes.set(capability.body, CAPABILITY_HEADER_SIZE);
    structure.copyIn(at, bytes);
  });
  structure.setU32(layout.capOffsetAt, capabilities[0]?.at ?? 0);
}

/** Where each capability of the chain stands, first to last, and how large the whole answer is. */
function placesOf({ layout, capabilities }: InfoReply): {
  capabilities: { capability: InfoReply['capabilities'][number]; at: number }[];
  needed: number;
} {
  let at = layout.size + GAP;
  const places = [...capabilities].reverse().map((capability) => {
    const place = { capability, at };
    at += capabilitySize(capability) + GAP;
    return place;
  });
  return { capabilities: places.reverse(), needed: at };
}
