/**
 * The recording of a run, as a file: a line of JSON that says what was recorded, then one part for each time that the device was opened: a line
 * of JSON, and the accesses, compressed. The accesses themselves are lines of JSON: a question, what came back for it, the next question.
 *
 * Whatever the kit learns through the port is in it: every answer, every byte read from memory that a device may have written, and
 * every look at the clock. So a replay needs neither the device nor its memory. A question without an answer never returned.
 *
 * A recording comes from elsewhere: what does not fit these schemas, or these limits, is refused.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { OUTPUT_KEPT } from '../program';

export const RECORDING_VERSION = 1;

/** Bytes. A line holds one transfer, in base64. */
export const MAX_LINE = 192 * 1024 ** 2;
/** Bytes of one part before it is compressed: a case that makes more of them is recorded up to there. */
export const MAX_PART = 512 * 1024 ** 2;
/** Bytes of the first line, a device profile included, and of the line before a part. */
export const MAX_HEAD = 4 * 1024 ** 2;
export const MAX_PART_HEAD = 64 * 1024;
export const MAX_PARTS = 200_000;
/** Bytes of what a transfer carries from which on its repetition is told by its number. */
export const WORTH_NUMBERING = 32;

const Whole = Type.Integer({ minimum: -(2 ** 53), maximum: 2 ** 53 });
const Natural = Type.Integer({ minimum: 0, maximum: 2 ** 53 });
const Big = Type.String({ pattern: '^-?\\d{1,40}$' });
const PathText = Type.String({ maxLength: 4096 });
/** Bytes in base64, or the number of the bytes, counted from 0, that were the same. */
const Data = Type.Union([Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }), Natural]);
/** Microseconds since the last look at the clock, the first one since 0. */
const Clock = Type.Optional(Type.Array(Whole, { maxItems: 1_000_000 }));

const CALL_NAMES = [
  'open',
  'close',
  'ioctl',
  'pread',
  'pwrite',
  'read',
  'mmap',
  'munmap',
  'allocate',
  'load',
  'store',
  'peek',
  'poke',
  'eventfd',
  'poll',
  'readText',
  'readLink',
  'list',
  'program',
] as const;
export type RecordedCallName = (typeof CALL_NAMES)[number];

export const QuestionLine = Type.Object(
  {
    call: Type.Union(CALL_NAMES.map((name) => Type.Literal(name))),
    fd: Type.Optional(Whole),
    path: Type.Optional(PathText),
    access: Type.Optional(Type.Union([Type.Literal('read-only'), Type.Literal('read-write')])),
    request: Type.Optional(Natural),
    /** An ioctl's buffer before the call, what is written. */
    sent: Type.Optional(Data),
    /** An ioctl's argument that is no buffer, what is stored. */
    value: Type.Optional(Big),
    offset: Type.Optional(Big),
    length: Type.Optional(Natural),
    protection: Type.Optional(Type.String({ pattern: '^r?w?$' })),
    /** Memory by its number, counted from 0 in the order in which it was had. */
    memory: Type.Optional(Natural),
    at: Type.Optional(Whole),
    width: Type.Optional(Type.Integer({ minimum: 1, maximum: 8 })),
    fds: Type.Optional(Type.Array(Whole, { maxItems: 4096 })),
    timeoutMs: Type.Optional(Type.Number()),
    /** Of a program. */
    command: Type.Optional(Type.Array(Type.String({ maxLength: 4096 }), { minItems: 1, maxItems: 1024 })),
    clock: Clock,
  },
  { additionalProperties: false },
);
export type QuestionLine = Static<typeof QuestionLine>;

const ProgramAnswer = Type.Object(
  {
    how: Type.Union((['exited', 'killed', 'late', 'flooded', 'not-started'] as const).map((how) => Type.Literal(how))),
    exitCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    signal: Type.Optional(Type.String({ maxLength: 100 })),
    error: Type.Optional(Type.String({ maxLength: 1000 })),
    stdout: Type.String({ maxLength: OUTPUT_KEPT }),
    stderr: Type.String({ maxLength: OUTPUT_KEPT }),
  },
  { additionalProperties: false },
);

export const AnswerLine = Type.Object(
  {
    result: Type.Optional(Whole),
    /** What was read; an ioctl's buffer after the call, where the call changed it. */
    data: Type.Optional(Data),
    value: Type.Optional(Big),
    /** Of the memory that was had. */
    address: Type.Optional(Big),
    /** Descriptors that are ready. */
    ready: Type.Optional(Type.Array(Whole, { maxItems: 4096 })),
    text: Type.Optional(Type.String({ maxLength: 64 * 1024 })),
    names: Type.Optional(Type.Array(PathText, { maxItems: 100_000 })),
    program: Type.Optional(ProgramAnswer),
    thrown: Type.Optional(
      Type.Object(
        {
          kind: Type.Union([
            Type.Literal('MemoryFault'),
            Type.Literal('DeviceHang'),
            Type.Literal('HostMisuse'),
            Type.Literal('HostLost'),
          ]),
          message: Type.String({ maxLength: 4096 }),
          signal: Type.Optional(Type.Union([Type.Literal('SIGBUS'), Type.Literal('SIGSEGV'), Type.Literal('SIGILL')])),
          at: Type.Optional(Natural),
          width: Type.Optional(Natural),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type AnswerLine = Static<typeof AnswerLine>;

/** The last line of a part. */
export const EndLine = Type.Object(
  {
    /** closed: all is in it. full: there was more than a part may hold. A signal: it ended the process in its last access. */
    end: Type.String({ pattern: '^(closed|full|SIG[A-Z0-9]{1,10})$' }),
    clock: Clock,
  },
  { additionalProperties: false },
);
export type EndLine = Static<typeof EndLine>;

const Facts = Type.Object({
  kind: Type.Union([Type.Literal('local'), Type.Literal('agent'), Type.Literal('reference')]),
  name: Type.String({ maxLength: 300 }),
  architecture: Type.String({ maxLength: 100 }),
  kernelRelease: Type.String({ maxLength: 300 }),
  byteOrder: Type.Union([Type.Literal('little'), Type.Literal('big')]),
  pageSize: Type.Union([512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].map((size) => Type.Literal(size))),
  wordBits: Type.Union([Type.Literal(32), Type.Literal(64)]),
  ioctlEncoding: Type.Union([Type.Literal('generic'), Type.Literal('powerpc')]),
});

/** What a run has to have in common with the recorded one. */
export const RecordingHead = Type.Object({
  recording: Type.Literal(RECORDING_VERSION),
  kitVersion: Type.String({ maxLength: 100 }),
  /** ISO 8601. */
  recordedAt: Type.String({ maxLength: 40 }),
  device: Type.String({ maxLength: 500 }),
  destination: Type.Optional(Type.String({ maxLength: 500 })),
  seed: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
  allow: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 20 }),
  /** As on the command line: suites by name, files by their paths. */
  targets: Type.Array(Type.String({ maxLength: 4096 }), { maxItems: 1000 }),
  /** Cases that were left out on the command line are not in it. */
  filtered: Type.Boolean(),
  profile: Type.Optional(
    Type.Object({ name: Type.String({ maxLength: 300 }), text: Type.String({ maxLength: 1024 ** 2 }) }),
  ),
});
export type RecordingHead = Static<typeof RecordingHead>;

/** The line before a part. */
export const PartHead = Type.Object({
  /** Absent for the look at the device that begins a run. */
  case: Type.Optional(Type.String({ maxLength: 4096 })),
  claims: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 }),
  host: Facts,
  /** Bytes: as they stand in the file, and what they unpack to. */
  stored: Type.Integer({ minimum: 0, maximum: MAX_PART }),
  unpacked: Type.Integer({ minimum: 0, maximum: MAX_PART }),
});
export type PartHead = Static<typeof PartHead>;

/** The first line of a part while it is recorded, before it is packed. */
export const PartBegin = Type.Omit(PartHead, ['stored', 'unpacked']);
export type PartBegin = Static<typeof PartBegin>;

/** A recording that cannot be used; for people. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

const compiled = new Map<TSchema, TypeCheck<TSchema>>();

/** Reads one line. @throws RecordingError for what is no JSON, or not of this shape; `what` names it. */
export function parseLine<Schema extends TSchema>(schema: Schema, text: string, what: string): Static<Schema> {
  const value = jsonOf(text, what);
  if (!fits(schema, value)) {
    const first = check(schema).Errors(value).First();
    throw new RecordingError(
      `${what} is not as it should be: ${first ? `${first.path || 'it'}: ${first.message}` : ''}`,
    );
  }
  return value;
}

export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema> {
  return check(schema).Check(value);
}

export function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RecordingError(`${what} is no JSON`);
  }
}

/** Compiled when first needed: most runs have nothing to do with recordings. */
function check(schema: TSchema): TypeCheck<TSchema> {
  const known = compiled.get(schema);
  if (known) return known;
  const made = TypeCompiler.Compile(schema);
  compiled.set(schema, made);
  return made;
}
