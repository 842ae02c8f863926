/**
 * What certificate.json holds: a published JSON Schema (schemas/certificate.schema.json), and the same as a type. Members are only ever
 * added without a new `schemaVersion`.
 */
import { type Static, Type } from '@sinclair/typebox';

const closed = { additionalProperties: false } as const;
const literals = <const T extends readonly string[]>(words: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], description });

const Count = (description: string) => Type.Integer({ minimum: 0, description });
const Time = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
    description: `${description} (ISO 8601, UTC)`,
  });
const Sha256 = (description: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description });

export const VERDICTS = ['conformant', 'non-conformant', 'incomplete'] as const;
export const CLAUSE_VERDICTS = [
  'kept',
  'broken',
  'warned',
  'waived',
  'obeyed',
  'not-applicable',
  'not-judged',
  'reported',
] as const;
const LEVELS = ['must', 'should', 'may', 'undefined'] as const;

const Verdict = literals(
  VERDICTS,
  'conformant: every must clause of the list that applies was judged and kept. non-conformant: one is broken. Everything else is incomplete',
);

const Facts = Type.Record(Type.String(), Type.String(), { description: 'Named facts, as the run recorded them' });

const Clause = Type.Object(
  {
    id: Type.String({ description: 'Id in the catalogue' }),
    family: Type.String(),
    text: Type.String({ description: 'What must hold' }),
    lines: Type.Array(Type.String(), { description: 'Lines of the interface text that say so' }),
    level: literals(LEVELS, 'What the clause was held to in this run'),
    who: literals(['driver', 'kernel', 'user'], 'Whose clause it is'),
    verdict: literals(CLAUSE_VERDICTS, 'What came of it'),
    reason: Type.Optional(
      Type.String({ description: 'Why it is waived, not applicable or not judged, with the evidence' }),
    ),
    cases: Count('How many cases judged it'),
    findings: Count('How often it was seen not kept'),
  },
  closed,
);

const Finding = Type.Object(
  {
    clause: Type.String(),
    verdict: literals(['broken', 'warned', 'waived', 'reported'], 'What it amounts to'),
    case: Type.String({ description: 'Id of the case that saw it first' }),
    step: Type.String(),
    expected: Type.String(),
    observed: Type.String(),
    times: Type.Integer({ minimum: 1, description: 'In how many cases it was seen' }),
  },
  closed,
);

const Waiver = Type.Object(
  {
    clause: Type.String(),
    reason: Type.String(),
    until: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', description: 'The last day on which it counts' }),
    state: literals(['used', 'not-needed', 'expired'], 'used: a breach was waived. expired: it did not count'),
  },
  closed,
);

const Figure = Type.Object(
  {
    name: Type.String(),
    unit: Type.String({ description: 'ms, bytes, or empty for a plain number' }),
    count: Type.Integer({ minimum: 1, description: 'How often it was measured' }),
    least: Type.Number(),
    median: Type.Number(),
    most: Type.Number(),
  },
  closed,
);

const Reason = Type.Object(
  { reason: Type.String(), clauses: Type.Array(Type.String(), { minItems: 1 }) },
  { ...closed, description: 'Clauses that one and the same reason kept from being judged' },
);

const Device = Type.Object(
  {
    device: Type.String({ description: 'As the run named it' }),
    verdict: Verdict,
    waived: Count('Clauses that are waived'),
    reasons: Type.Array(Type.String(), { description: 'Why it is not conformant, worst first' }),
    identity: Facts,
    host: Facts,
    shows: Type.Array(Type.String(), {
      description: 'What the device shows of itself: migration-v1, dirty-pages, zpci',
    }),
    assumptions: Type.Record(Type.String(), Type.String(), {
      description: 'What the device profile assumes and nothing shows',
    }),
    cases: Type.Object(
      {
        passed: Count('Passed'),
        failed: Count('A clause was broken'),
        broken: Count('The kit or the machine failed'),
        skipped: Count('Not run'),
        expected: Count('Planned'),
      },
      closed,
    ),
    clauses: Type.Array(Clause),
    findings: Type.Array(Finding),
    waivers: Type.Array(Waiver),
    notJudged: Type.Array(Reason),
    notApplicable: Type.Array(Reason),
    figures: Type.Array(Figure),
  },
  closed,
);

export const CertificateContents = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    kind: Type.Literal('vfio-conformance certificate'),
    verdict: Verdict,
    waived: Count('Clauses that are waived, all devices counted'),
    reasons: Type.Array(Type.String()),
    issuedAt: Time('When this certificate was made'),
    kit: Type.Object(
      {
        name: Type.Literal('vfio-conformance'),
        version: Type.String(),
        catalogue: Sha256('Digest of the catalogue of clauses'),
        node: Type.String(),
      },
      closed,
    ),
    run: Type.Object(
      {
        suite: Type.String(),
        startedAt: Time('When the run began'),
        endedAt: Type.Union([Time('When it came to its end'), Type.Null()]),
        resumedAt: Type.Array(Time('When it was taken up again after an interruption')),
        seed: Type.Integer({ minimum: 0 }),
        repeat: Type.Integer({ minimum: 1 }),
        strict: Type.Boolean({ description: 'A should counts like a must' }),
        grade: literals(['kit', 'text'], "Whose levels count: the kit's, or the text's own words"),
        filtered: Type.Boolean({ description: 'Only a part of the suite was run' }),
      },
      closed,
    ),
    results: Type.Object(
      { sha256: Sha256("Digest of the run's results.jsonl, byte by byte"), cases: Count('Results in it') },
      closed,
    ),
    redacted: Type.Array(Type.String(), { description: 'What was left out of this certificate' }),
    devices: Type.Array(Device, { minItems: 1 }),
  },
  closed,
);

export const Signature = Type.Object(
  {
    algorithm: Type.Literal('Ed25519'),
    publicKey: Type.String({ description: 'SubjectPublicKeyInfo in base64, as between the lines of a PEM file' }),
    value: Type.String({
      description: 'Signature in base64 over the line `vfio-conformance certificate sha256:DIGEST`',
    }),
  },
  closed,
);

export const Seal = Type.Object(
  {
    algorithm: Type.Literal('sha256'),
    digest: Sha256('Digest of every byte of the file before the seal'),
    signature: Type.Optional(Signature),
  },
  { ...closed, description: 'The last member of the file' },
);

export const CertificateFile = Type.Composite([CertificateContents, Type.Object({ seal: Seal }, closed)], {
  ...closed,
  title: 'Certificate of a vfio-conformance run',
});

export type CertificateContents = Static<typeof CertificateContents>;
export type CertificateFile = Static<typeof CertificateFile>;
export type CertifiedDevice = Static<typeof Device>;
export type CertifiedClause = Static<typeof Clause>;
export type CertifiedFigure = Static<typeof Figure>;
export type Seal = Static<typeof Seal>;
