/** What an argument stands for in the course of a scenario: a name that is given or taken, a state that is entered or expected. */

/** What a scenario gives names to. */
export const NAMED_THINGS = ['stream', 'fingerprint', 'mapping', 'bitmap', 'value'] as const;
export type NamedThing = (typeof NAMED_THINGS)[number];

export type Role =
  | `gives-${NamedThing}`
  | `takes-${NamedThing}`
  | 'ends-mapping'
  | 'enters-state'
  | 'expects-state'
  | 'side'
  | 'rounds';
