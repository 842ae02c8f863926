/** The files of the language, key by key: what is above and beside the steps. Steps themselves are the verbs' own schemas. */
import { type Static, Type } from '@sinclair/typebox';
import { ERRNO_NAMES, SEVERITIES, STATE_NAMES } from './names';
import { CLAIM_NAMES, NEED_NAMES } from './needs';
import { DATE_PATTERN, LINES_PATTERN, SELECTOR_PATTERN } from './patterns';
import {
  Address,
  Choice,
  ClauseId,
  Count,
  type Description,
  Duration,
  Label,
  Many,
  RegionName,
  StateName,
  Steps,
  Text,
  Width,
} from './scalars';
import type { Tree } from './tree';

function ClauseSelector(options: Description = {}) {
  return Type.Unsafe<string>({ type: 'string', pattern: SELECTOR_PATTERN, ...options, 'x-kind': 'selector' });
}

/** Kept as a tree: the matrix is read before the rest, the templates of a profile after it. */
function Opaque(schema: Record<string, unknown>) {
  return Type.Unsafe<Tree>({ ...schema, 'x-kind': 'opaque' });
}

const name = (description: string) =>
  Type.Unsafe<string>({
    type: 'string',
    minLength: 1,
    maxLength: 120,
    pattern: '^[^\\n\\r]+$',
    patternErrorMessage: 'a name is one line',
    description,
    'x-kind': 'text',
  });

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

export const SuiteFile = Type.Object(
  {
    suite: Label({ description: 'The name that `run` takes; the same as the file has' }),
    description: Type.Optional(Text()),
    claims: Type.Array(Choice(CLAIM_NAMES), {
      uniqueItems: true,
      default: [],
      description: 'What the device must therefore show; without claims the device decides what applies',
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
        'Suites whose scenarios, clauses and claims belong to this one too: names, or files relative to this one',
    }),
  },
  { title: 'A suite' },
);
export type SuiteFile = Static<typeof SuiteFile>;

export const ProfileFile = Type.Object(
  {
    device: name('What the device is called in reports'),
    description: Type.Optional(Text()),
    match: Type.Object(
      {
        pci: Type.Optional(
          Type.Unsafe<string>({
            type: 'string',
            pattern: '^[0-9a-f]{4}:[0-9a-f]{4}$',
            patternErrorMessage: 'vendor and device id in lower-case hex, as in "1234:11e8"',
            description: 'Vendor and device id: "1234:11e8"',
            'x-kind': 'text',
          }),
        ),
        driver: Type.Optional(Text({ description: 'The vendor driver of a mediated device' })),
        'mdev-type': Type.Optional(Text({ description: 'The mdev type' })),
        reference: Type.Optional(Text({ description: 'A kind of the reference device: pci, zpci, ccw, fsl-mc' })),
      },
      { minProperties: 1, description: 'Which devices this profile is for; all that is given must fit' },
    ),
    claims: Type.Optional(
      Type.Array(Choice(CLAIM_NAMES), { uniqueItems: true, description: 'What the device must therefore show' }),
    ),
    dma: Type.Optional(
      Opaque({ description: `Steps that make the device write to memory; \${iova} and \${size} are given` }),
    ),
    irq: Type.Optional(Opaque({ description: 'Steps that make the device raise an interrupt' })),
    error: Type.Optional(Opaque({ description: 'Steps that bring the device into ERROR' })),
    fingerprint: Type.Optional(
      Opaque({ description: 'Reads that identify the state of the device: what must arrive on the destination' }),
    ),
    mark: Type.Optional(
      Opaque({ description: `Steps that put a value into the device which its fingerprint shows; \${value} is given` }),
    ),
    'dma-below': Type.Optional(Address({ description: 'First address that the DMA of the device cannot reach' })),
    'irq-index': Type.Optional(
      Count({ maximum: 255, description: 'The IRQ index of the interrupt that `irq:` raises' }),
    ),
    counter: Type.Optional(
      Type.Object(
        { region: RegionName(), at: Address(), width: Width() },
        { description: 'A register that moves while the device runs and stands still when it is stopped' },
      ),
    ),
    quiet: Type.Optional(Duration({ description: 'How long stillness is watched', maximum: 60_000 })),
    deadline: Type.Optional(Duration({ description: 'How long a step may take when it does not say', minimum: 1 })),
    waivers: Type.Array(
      Type.Object({
        clause: ClauseId(),
        reason: Text({ description: 'Why the device breaks the clause, as in "erratum 12"' }),
        until: Type.Unsafe<string>({
          type: 'string',
          pattern: DATE_PATTERN,
          description: 'The last day on which the waiver counts: 2027-01-31',
          'x-kind': 'date',
        }),
      }),
      {
        default: [],
        maxItems: 200,
        description: 'Clauses that the device is known to break, shown beside the verdict',
      },
    ),
    assume: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1, maxLength: 2000, 'x-kind': 'text' },
      default: {},
      description: 'Assumptions that every report shows: {arch: s390x}',
    }),
  },
  { title: 'A device profile' },
);
export type ProfileFile = Static<typeof ProfileFile>;

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

/** By the name that vocabulary.ts knows each by. */
export const DOCUMENT_SCHEMAS = {
  scenario: ScenarioFile,
  expectation: ExpectationMap,
  common: CommonKeys,
  suite: SuiteFile,
  profile: ProfileFile,
  catalogue: CatalogueFile,
  conditions: ConditionsFile,
} as const;
