/** The files of the language, key by key: what is above and beside the steps. Steps themselves are the verbs' own schemas. */
import { type Static, Type } from '@sinclair/typebox';
import { CatalogueFile, ConditionsFile } from './catalogue-schema';
import { ERRNO_NAMES, SEVERITIES, STATE_NAMES } from './names';
import { CLAIM_NAMES, NEED_NAMES } from './needs';
import { SELECTOR_PATTERN } from './patterns';
import { ProfileFile } from './profile-schema';
import { Choice, ClauseId, type Description, Duration, Label, Many, StateName, Steps, Text } from './scalars';
import { name, Opaque } from './schema-parts';

function ClauseSelector(options: Description = {}) {
  return Type.Unsafe<string>({ type: 'string', pattern: SELECTOR_PATTERN, ...options, 'x-kind': 'selector' });
}

export const ScenarioFile = Type.Object(
  {
    scenario: name(
      'What the scenario shows, as a sentence without a full stop: "Leaving pre-copy early loses nothing"',
    ),
    description: Type.Optional(Text({ description: 'Why it matters, for who reads the report' })),
    clauses: Type.Array(ClauseId(), {
      minItems: 1,
      maxItems: 200,
      uniqueItems: true,
      description:
        'The clauses that this scenario judges; the first one is broken when a step fails that names no other',
    }),
    needs: Type.Array(Choice(NEED_NAMES), {
      uniqueItems: true,
      default: [],
      description:
        'What the device, the kernel or the profile must offer; without it the scenario is skipped with the reason',
    }),
    tags: Type.Array(Label(), {
      uniqueItems: true,
      maxItems: 32,
      default: [],
      description: 'Words to select scenarios by (--tag)',
    }),
    owner: Type.Optional(name('Who knows about this scenario')),
    severity: Type.Optional(Choice(SEVERITIES, { description: 'How bad it is when this fails' })),
    matrix: Type.Optional(
      Opaque({
        description: `Runs the scenario once for each combination of values, put in where \${name} stands: {from: [running, pre-copy], to: [stop]}; or a list of maps, one for each run`,
      }),
    ),
    within: Type.Optional(
      Duration({ description: 'How long each step may take that does not say so itself', minimum: 1 }),
    ),
    steps: Steps({ description: 'What to do, in order' }),
    finally: Type.Optional(Steps({ description: 'What to do afterwards, whatever happened' })),
  },
  { title: 'A scenario' },
);
export type ScenarioFile = Static<typeof ScenarioFile>;

export const ExpectationMap = Type.Object(
  {
    errno: Type.Optional(
      Many(Choice([...ERRNO_NAMES, 'any']), {
        description: 'The step fails with one of these errno names; `any` takes every one',
      }),
    ),
    state: Type.Optional(
      Many(StateName(), { description: `device_state then reads as one of these: ${STATE_NAMES.join(', ')}` }),
    ),
    result: Type.Optional(
      Choice(['success', 'failure', 'either'], {
        description: 'Whether the step succeeds; `either` where the text leaves it open',
      }),
    ),
  },
  { minProperties: 1, description: 'What should happen when that is not plain success' },
);
export type ExpectationMap = Static<typeof ExpectationMap>;

/** The keys that may stand beside any verb. */
export const CommonKeys = Type.Object({
  expect: Type.Optional(
    Opaque({
      title: 'An expectation',
      description:
        'What should happen when that is not plain success: {errno: [EINVAL], state: running}, or failure, or either',
    }),
  ),
  judge: Type.Optional(
    ClauseId({ description: 'The clause that is broken when this step does not come out as expected' }),
  ),
  provoke: Type.Optional(
    ClauseId({
      description:
        'The user clause that this step breaks on purpose; afterwards only what the text still grants is judged',
    }),
  ),
  within: Type.Optional(Duration({ description: 'How long the step may take', minimum: 1 })),
  note: Type.Optional(Text({ description: 'Why this step is here, for who reads the report' })),
});
export type CommonKeys = Static<typeof CommonKeys>;

/** Steps that several files use, each with its own values. */
export const SharedFile = Type.Object(
  {
    shared: name(
      'What the steps do, as a sentence without a full stop: "Saves the whole state while the device is stopped"',
    ),
    description: Type.Optional(Text({ description: 'What who uses them should know' })),
    parameters: Type.Unsafe<Readonly<Record<string, { readonly description?: string }>>>({
      ...Type.Object({}),
      additionalProperties: Type.Object({
        description: Type.Optional(Text({ description: 'What the value is for' })),
        default: Type.Optional(
          Opaque({ description: 'The value where a use gives none; without a default every use gives one' }),
        ),
      }),
      default: {},
      description: `Names that stand as \${name} in the steps, and are given values by \`use: {file: ..., with: {name: value}}\``,
    }),
    steps: Steps({ description: 'What to do, in order' }),
  },
  { title: 'Shared steps' },
);
export type SharedFile = Static<typeof SharedFile>;

export const SuiteFile = Type.Object(
  {
    suite: Label({ description: 'The name that `run` takes; the same as the file has' }),
    description: Type.Optional(Text({ description: 'What the suite is for' })),
    claims: Type.Array(Choice(CLAIM_NAMES), {
      uniqueItems: true,
      default: [],
      description: 'What the device must therefore show; without claims the device decides what applies',
    }),
    strict: Type.Boolean({
      default: false,
      description: 'A broken should counts like a broken must: for suites that stand for one user who needs it',
    }),
    clauses: Type.Array(ClauseSelector(), {
      uniqueItems: true,
      default: [],
      maxItems: 1000,
      description: 'The clauses that the verdict rests on: ids, or families such as STATE-*',
    }),
    scenarios: Type.Array(Text(), {
      uniqueItems: true,
      default: [],
      maxItems: 1000,
      description: 'Scenario files, folders or globs, relative to this file or to the folder scenarios of the package',
    }),
    include: Type.Array(Text(), {
      uniqueItems: true,
      default: [],
      maxItems: 100,
      description:
        'Suites whose scenarios and clauses belong to this one too; their claims do not: names, or files relative to this one',
    }),
  },
  { title: 'A suite' },
);
export type SuiteFile = Static<typeof SuiteFile>;

/** By the name that vocabulary.ts knows each by. */
export const DOCUMENT_SCHEMAS = {
  scenario: ScenarioFile,
  expectation: ExpectationMap,
  common: CommonKeys,
  suite: SuiteFile,
  shared: SharedFile,
  profile: ProfileFile,
  catalogue: CatalogueFile,
  conditions: ConditionsFile,
} as const;
