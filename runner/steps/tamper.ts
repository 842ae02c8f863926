/** tamper: makes a wrong stream out of a saved one (RES-BAD-DATA, RES-BAD-BITS). */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Label } from '../language/scalars';
import { type SavedStream, streamBytes } from './saved-stream';
import type { StepContext } from './step-context';
import { derivedBuffer, type SavedBuffer } from './stream-spool';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'tamper',
  summary: 'Makes a wrong stream out of a saved one, for a step that provokes RES-ORDER.',
  arguments: Type.Object({
    stream: Label({ description: 'The saved stream.', 'x-role': 'takes-stream' }),
    as: Label({ description: 'The name of the wrong one; the saved one stays as it is.', 'x-role': 'gives-stream' }),
    how: Choice(['corrupt', 'truncate', 'drop', 'reorder', 'duplicate', 'foreign', 'zeros', 'cut', 'half'], {
      description:
        '`corrupt`: one bit flipped; `truncate`: the last buffer left out, or cut where there is one only; `cut`: the last byte left out; `half`: the second half of the buffers left out; `drop`: buffer `at` left out; `reorder`: buffer `at` and the next one swapped; `duplicate`: buffer `at` twice; `foreign`: random bytes in the same sizes; `zeros`: zeros in the same sizes.',
    }),
    at: Count({ default: 0, description: 'Which buffer, from 0; for `corrupt` which byte of the stream.' }),
  }),
  examples: [
    '- on: destination\n  steps:\n    - transition: stop-and-copy\n    - save: state\n- tamper: {stream: state, as: flipped, how: corrupt, at: 100}\n- transition: resuming\n- resume: flipped\n  provoke: RES-ORDER\n  expect: either\n- reset: {}',
  ],
  takesExpect: false,
  run(context: StepContext, { stream: label, as, how, at }) {
    const stream =
      context.memory.streams.get(label) ?? context.giveUp(`tamper: there is no stream "${label}"; save it first`);
    const buffers = TAMPER[how](stream, at, context);
    context.memory.streams.set(as, { ...stream, buffers, tampered: true });
  },
});

type How = 'corrupt' | 'truncate' | 'drop' | 'reorder' | 'duplicate' | 'foreign' | 'zeros' | 'cut' | 'half';
type Tamper = (stream: SavedStream, at: number, context: StepContext) => readonly SavedBuffer[];

const TAMPER: Readonly<Record<How, Tamper>> = {
  corrupt(stream, at, context: StepContext) {
    const total = streamBytes(stream);
    if (total === 0) context.skip('not-applicable', 'data', 'the stream holds no bytes to corrupt');
    let left = at % total;
    return stream.buffers.map((buffer) => {
      const place = left;
      left -= buffer.length;
      return place >= 0 && place < buffer.length ? flipped(buffer, place) : buffer;
    });
  },
  truncate(stream, _at, context: StepContext) {
    if (stream.buffers.length > 1) return stream.buffers.slice(0, -1);
    const only = stream.buffers[0];
    if (!only || only.length < 2) context.skip('not-applicable', 'data', 'the stream is too short to be truncated');
    return [shortened(only, only.length >> 1)];
  },
  cut(stream, _at, context: StepContext) {
    const last = stream.buffers.at(-1);
    if (!last || last.length < 2) context.skip('not-applicable', 'data', 'the last buffer is too short to be cut');
    return [...stream.buffers.slice(0, -1), shortened(last, last.length - 1)];
  },
  half(stream, _at, context: StepContext) {
    need(stream, 2, context, 'left out half of');
    return stream.buffers.slice(0, stream.buffers.length >> 1);
  },
  drop(stream, at, context: StepContext) {
    need(stream, at + 2, context, 'left out one of');
    return stream.buffers.filter((_, n) => n !== at);
  },
  reorder(stream, at, context: StepContext) {
    need(stream, at + 2, context, 'swapped two of');
    const copy = [...stream.buffers];
    const [first, second] = copy.slice(at, at + 2);
    if (first && second) copy.splice(at, 2, second, first);
    return copy;
  },
  duplicate(stream, at, context: StepContext) {
    need(stream, at + 1, context, 'doubled one of');
    return stream.buffers.flatMap((buffer, n) => (n === at ? [buffer, buffer] : [buffer]));
  },
  zeros(stream) {
    return stream.buffers.map(({ length }) => derivedBuffer(length, () => new Uint8Array(length)));
  },
  foreign(stream, _at, context: StepContext) {
    return stream.buffers.map(({ length }, n) =>
      derivedBuffer(length, () => randomBytes(length, context.seed ^ Math.imul(n + 1, 0x9e3779b9))),
    );
  },
};

function flipped(buffer: SavedBuffer, place: number): SavedBuffer {
  return derivedBuffer(buffer.length, () => {
    const copy = new Uint8Array(buffer.bytes());
    copy[place] = (copy[place] ?? 0) ^ 0x10;
    return copy;
  });
}

function shortened(buffer: SavedBuffer, length: number): SavedBuffer {
  return derivedBuffer(length, () => buffer.bytes().subarray(0, length));
}

/** The same bytes for the same seed. */
function randomBytes(length: number, from: number): Uint8Array {
  // xorshift32 stays at 0 for ever.
  let seed = from >>> 0 || 1;
  return new Uint8Array(length).map(() => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed = (seed ^ (seed << 5)) >>> 0;
    return seed & 0xff;
  });
}

function need(stream: SavedStream, count: number, context: StepContext, what: string): void {
  if (stream.buffers.length >= count) return;
  context.skip(
    'not-applicable',
    'data',
    `the stream has ${stream.buffers.length} buffers; it takes ${count} for having ${what} them`,
  );
}
