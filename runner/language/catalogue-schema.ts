/** The catalogue of clauses and the list of conditions, key by key. */
import { type Static, Type } from '@sinclair/typebox';
import { LINES_PATTERN } from './patterns';
import { Choice, ClauseId, Text } from './scalars';

const LineRange = Type.Unsafe<string>({
  type: ['integer', 'string'],
  pattern: LINES_PATTERN,
  minimum: 1,
  'x-kind': 'lines',
});

export const CatalogueFile = Type.Object({
  source: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1, maxLength: 2000, 'x-kind': 'text' },
      description: 'What the line numbers count in',
    }),
  ),
  clauses: Type.Array(
    Type.Object({
      id: Type.Unsafe<string>(ClauseId()),
      family: Text({ description: 'The family, as in STATE or SAVE' }),
      who: Choice(['driver', 'kernel', 'user']),
      level: Choice(['must', 'should', 'may', 'undefined']),
      word: Type.Optional(Choice(['must', 'should', 'may', 'undefined'])),
      because: Type.Optional(Text()),
      basis: Type.Optional(Text()),
      authority: Text(),
      lines: Type.Array(LineRange, { maxItems: 50 }),
      text: Text(),
      rationale: Text(),
      note: Type.Optional(Text()),
    }),
    { minItems: 1, maxItems: 2000 },
  ),
});
export type CatalogueFile = Static<typeof CatalogueFile>;

export const ConditionsFile = Type.Object({
  conditions: Type.Array(
    Type.Object({
      clause: ClauseId(),
      condition: Text({ description: 'What would have to be seen before the clause can be judged' }),
      why: Text({ description: 'Why a correct driver need never show that, and nothing can force it' }),
    }),
    { minItems: 1, maxItems: 500 },
  ),
});
export type ConditionsFile = Static<typeof ConditionsFile>;
