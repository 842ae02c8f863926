/** The transitions that the state machine has (header diff, lines 106-126, and what QEMU needs besides), by the names of the states. */
const ARCS: Readonly<Record<string, readonly string[]>> = {
  running: ['stop', 'stop-and-copy', 'pre-copy', 'resuming'],
  stop: ['running', 'stop-and-copy'],
  'stop-and-copy': ['stop', 'running'],
  'pre-copy': ['stop-and-copy', 'running'],
  resuming: ['running'],
};

/** The states that a device may be asked to enter from this one, beside the one that it is in. */
export function statesAfter(state: string): readonly string[] {
  return ARCS[state] ?? [];
}

export function isArc(from: string, to: string): boolean {
  return from === to || statesAfter(from).includes(to);
}

/** A state that a user may ask for: neither one of the two invalid ones, nor ERROR, nor a value with bits outside the mask. */
export function isEnterable(state: string): boolean {
  return Object.hasOwn(ARCS, state);
}
