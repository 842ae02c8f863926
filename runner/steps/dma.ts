/** dma: makes the device write to memory, by its profile. */
import { Type } from '@sinclair/typebox';
import type { HostMemory } from '../host/vfio-host';
import { Address, Choice, Count, Label, Many, Size } from '../language/scalars';
import type { Step, StepTemplate } from '../language/scenario';
import type { NamedMapping } from './device-session';
import { UNTOUCHED } from './map';
import { namedMappings, pageUnit } from './pages';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** A second thing to fill memory with, should the device write the first one. */
const UNTOUCHED_TOO = 0x3c;
/** The largest of the random writes, in pages. */
const RANDOM_PAGES = 3;
/** How many random writes the case has made: so that the next ones differ. */
const RANDOM_SO_FAR = 'random writes so far';

export const verb = defineVerb({
  name: 'dma',
  summary: 'Makes the device write to mapped memory, by its profile, and checks that the memory changed.',
  arguments: Type.Object({
    to: Type.Optional(Label({ description: 'The mapping; default: the only one.', 'x-role': 'takes-mapping' })),
    page: Many(Count(), { default: 0, description: 'At which page of the mapping; a list makes several writes.' }),
    at: Address({ default: 0, description: 'Bytes from the start of the page.' }),
    size: Type.Optional(Size({ minimum: 1n, description: 'How much; default: one page.' })),
    pages: Type.Optional(Count({ minimum: 1, description: 'How much, in pages.' })),
    place: Choice(['start', 'end', 'across'], {
      default: 'start',
      description: '`end`: the last bytes of the page; `across`: half of it there, and half in the next page.',
    }),
    random: Type.Optional(
      Count({
        minimum: 1,
        maximum: 1000,
        description: "So many writes of random places and sizes, by the run's seed.",
      }),
    ),
    background: Type.Boolean({
      default: false,
      description:
        'Only start it: the `wait` steps of the profile are left out, and nothing is said of what becomes of it.',
    }),
  }),
  main: 'to',
  examples: [
    '- map: {as: ram, pages: 65}\n- dma: {to: ram, page: [0, 63, 64]}',
    '- map: {as: ram, pages: 8}\n- dma: {to: ram, page: 3, place: across, size: 8B}',
    '- map: {as: ram, pages: 16}\n- dma: {to: ram, random: 4}',
  ],
  takesExpect: false,
  run(context: StepContext, args) {
    const [mapping] = namedMappings(context, 'dma', args.to === undefined ? undefined : [args.to]);
    if (!mapping) return;
    const unit = pageUnit(context);
    if (args.random !== undefined) {
      writeAtRandom(context, mapping, args.random);
      return;
    }
    const size = args.size ?? BigInt(args.pages ?? 1) * unit;
    const back = args.place === 'end' ? size : args.place === 'across' ? size / 2n : 0n;
    for (const page of args.page) {
      const start = BigInt(args.place === 'start' ? page : page + 1) * unit + args.at - back;
      if (args.background) startWriting(context, mapping.iova + start, size);
      else makeDeviceWrite(context, mapping.iova + start, size);
    }
  },
});

/** The device writes `size` bytes at an address; what it wrote is owed to the dirty log. */
export function makeDeviceWrite(context: StepContext, iova: bigint, size: bigint): void {
  const { session } = context;
  const pieces = piecesOf(context, iova, size);
  for (const filling of [UNTOUCHED, UNTOUCHED_TOO]) {
    for (const { memory, at, length } of pieces) context.host.poke(memory, at, new Uint8Array(length).fill(filling));
    runProfile(context, iova, size);
    if (session.dma.logging) session.dma.writes.push({ iova, size });
    if (pieces.every((piece) => isWritten(context, piece, filling))) {
      session.hasWritten = true;
      return;
    }
  }
  if (session.hasWritten && context.step.judge !== undefined)
    context.fail({
      clause: context.step.judge,
      expected: `the device writes ${size} bytes at 0x${iova.toString(16)}, as it has written before`,
      observed: 'it has not written all of them',
    });
  // Whether the device, its profile or the mapping is at fault cannot be told from here.
  context.giveUp(
    `dma: the device did not write all of the ${size} bytes at 0x${iova.toString(16)}, as the profile's \`dma:\` asked it to: is bus mastering on, can it reach the address, does the profile wait for the end?`,
  );
}

/** A part of a write that lies in one page of one mapping. */
interface Piece {
  readonly memory: HostMemory;
  readonly at: number;
  readonly length: number;
}

/** A write may go on from one mapping into the next. */
function piecesOf(context: StepContext, iova: bigint, size: bigint): readonly Piece[] {
  const mappings = [...context.session.dma.mappings.values()];
  const page = BigInt(context.host.facts.pageSize);
  const pieces: Piece[] = [];
  const end = iova + size;
  for (let start = iova; start < end; ) {
    const mapping = mappings.find((one) => start >= one.iova && start < one.iova + BigInt(one.memory.length));
    if (!mapping) context.giveUp(`dma: 0x${start.toString(16)} is not memory that was mapped`);
    const endOfPage = (start / page + 1n) * page;
    const next = endOfPage < end ? endOfPage : end;
    pieces.push({ memory: mapping.memory, at: Number(start - mapping.iova), length: Number(next - start) });
    start = next;
  }
  return pieces;
}

/** The profile's steps know nothing of what this one is about: a device that does not do them breaks that. */
function judged({ step: { judge } }: StepContext, steps: readonly Step[]): readonly Step[] {
  return judge === undefined ? steps : steps.map((step) => ({ judge, ...step }));
}

function isWritten(context: StepContext, { memory, at, length }: Piece, filling: number): boolean {
  const bytes = new Uint8Array(length);
  context.host.peek(memory, at, bytes);
  return bytes.some((byte) => byte !== filling);
}

/** A transfer that is under way when this returns, or done already: whether it happens depends on what comes next. */
function startWriting(context: StepContext, iova: bigint, size: bigint): void {
  const { profile } = context.session;
  const most = profile?.dmaMost ?? size;
  const steps = templateOf(context).instantiate({ iova, size: size < most ? size : most });
  context.run(steps.filter((step) => step.verb !== 'wait'));
}

function templateOf(context: StepContext): StepTemplate {
  const { side, profile } = context.session;
  if (profile?.dma) return profile.dma;
  if (side === 'second' && !profile)
    context.skip('not-judged', 'second', 'the second device is of another kind, which this profile cannot make write');
  context.skip('not-judged', 'dma', 'the device profile has no `dma:`; give one with --profile');
}

function runProfile(context: StepContext, iova: bigint, size: bigint): void {
  const { profile } = context.session;
  const template = templateOf(context);
  const most = profile?.dmaMost ?? size;
  for (let done = 0n; done < size; done += most)
    context.run(
      judged(context, template.instantiate({ iova: iova + done, size: size - done < most ? size - done : most })),
    );
}

/** Many small writes and some over several pages, at any byte; the same for the same seed. */
function writeAtRandom(context: StepContext, mapping: NamedMapping, count: number): void {
  const { values } = context.memory;
  const before = Number(values.get(RANDOM_SO_FAR) ?? 0);
  values.set(RANDOM_SO_FAR, String(before + count));
  const next = randomNumbers(context.seed * 1_000_003 + before);
  const unit = Number(pageUnit(context));
  for (let done = 0; done < count; done += 1) {
    const largest = next(2) === 0 ? 64 : RANDOM_PAGES * unit;
    const size = 1 + next(Math.min(largest, mapping.memory.length));
    makeDeviceWrite(context, mapping.iova + BigInt(next(mapping.memory.length - size + 1)), BigInt(size));
  }
}

/** mulberry32: from 0 to below the bound. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
