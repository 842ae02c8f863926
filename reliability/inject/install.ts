/** Puts something between the kit and every host it makes in this process, without the kit having a door for it. */
import type { VfioHost } from '../../runner/host/vfio-host';

export type Wrap = (host: VfioHost) => VfioHost;

/** Returns what takes it out again. */
export function wrapHosts(wrap: Wrap): () => void {
  const reference =
    require('../../runner/host/reference/create-reference-host') as typeof import('../../runner/host/reference/create-reference-host');
  const others = require('../../runner/host/create-host') as typeof import('../../runner/host/create-host');
  const [makeReference, makeOther] = [reference.createReferenceHost, others.createHost];
  Object.assign(reference, {
    createReferenceHost: (...given: Parameters<typeof makeReference>) => wrap(makeReference(...given)),
  });
  Object.assign(others, { createHost: (...given: Parameters<typeof makeOther>) => wrap(makeOther(...given)) });
  return () => {
    Object.assign(reference, { createReferenceHost: makeReference });
    Object.assign(others, { createHost: makeOther });
  };
}
