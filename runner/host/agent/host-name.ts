/** How a host is named: `local`, `ssh:[USER@]HOST`, `unix:PATH`. */

export type HostName =
  | { readonly kind: 'local' }
  /** `target` is what ssh takes: a name of its configuration, too. */
  | { readonly kind: 'ssh'; readonly target: string }
  | { readonly kind: 'unix'; readonly path: string };

/** Undefined for anything else. Nothing that ssh would take for an option gets through. */
export function parseHostName(text: string): HostName | undefined {
  if (text === 'local') return { kind: 'local' };
  const target = /^ssh:((?:[\w.][\w.+-]*@)?[\w.:[\]%][\w.:[\]%-]*)$/.exec(text)?.[1];
  if (target !== undefined) return { kind: 'ssh', target };
  const path = /^unix:([^\0]+)$/.exec(text)?.[1];
  return path === undefined ? undefined : { kind: 'unix', path };
}
