/** All moves, each kind as often as its weight says. */
import fc from 'fast-check';
import { DELIVERING_MOVES } from './delivering';
import { DIRTY_MOVES } from './dirty-pages';
import { FIELD_MOVES } from './fields';
import { LIFE_MOVES } from './lives';
import type { Move, WeightedMove } from './move';
import { ONWARD_MOVES } from './onward';
import { RESUMING_MOVES } from './resuming';
import { SAVING_MOVES } from './saving';
import { STATE_MOVES } from './states';
import { STILLNESS_MOVES } from './stillness';

const WITH_MIGRATION: readonly WeightedMove[] = [
  ...ONWARD_MOVES,
  ...STATE_MOVES,
  ...SAVING_MOVES,
  ...DELIVERING_MOVES,
  ...RESUMING_MOVES,
  ...STILLNESS_MOVES,
  ...LIFE_MOVES,
  ...DIRTY_MOVES,
  ...FIELD_MOVES,
];

export const anyMove: fc.Arbitrary<Move> = fc.oneof(...WITH_MIGRATION);
