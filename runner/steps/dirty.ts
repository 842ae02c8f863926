/** dirty: dirty page logging (header diff, lines 374-421): start, stop, get a bitmap, and judge what it must hold. */
import { Type } from '@sinclair/typebox';
import { Address, Choice, Count, Label, Number64, Size } from '../language/scalars';
import { smallestPageSize } from '../vfio/iommu-info';
import { bitmapTable, judgeBitmap } from './dirty-judgement';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'dirty',
  summary: 'Starts or stops dirty page logging, gets a bitmap, or expects what the device wrote to be in it.',
  arguments: Type.Object({
    do: Choice(['start', 'stop', 'get', 'expect', 'call'], {
      description:
        '`get` reads the bitmap of a mapping or range; `expect` reads it and judges it by what `dma` wrote; `call` is VFIO_IOMMU_DIRTY_PAGES with any flags.',
    }),
    of: Type.Optional(Label({ description: 'The mapping; default: the only one.' })),
    iova: Type.Optional(Address({ description: 'Instead of a mapping: the start of the range.' })),
    size: Type.Optional(Size({ description: 'Bytes of the range.' })),
    page: Type.Optional(
      Size({ description: 'The page size to ask for; default: the smallest that the kernel offers.' }),
    ),
    bitmap: Type.Optional(Size({ description: 'What bitmap.size says; default: what the range takes.' })),
    argsz: Type.Optional(Count({ description: 'What argsz says.' })),
    flags: Type.Optional(Number64({ maximum: 0xffffffffn, description: 'The flags of the call.' })),
    clean: Type.Boolean({
      default: false,
      description: 'With `expect`: no page at all may be set, on a device whose pages are marked one by one.',
    }),
  }),
  main: 'do',
  examples: [
    'dirty: start',
    'dirty: {do: expect, of: ram}',
    'dirty: {do: get, of: ram, bitmap: 4B}\nexpect: {errno: [EINVAL]}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    const { dma } = context.session;
    if (args.do === 'start') {
      const outcome = dma.log.start();
      checkOutcome(context, outcome, 'START', { clause: 'DIRTY-START' });
      if (!outcome.ok) return;
      dma.logging = true;
      dma.writes = [];
      return;
    }
    if (args.do === 'stop') {
      const outcome = dma.log.stop();
      checkOutcome(context, outcome, 'STOP', { clause: 'DIRTY-STOP' });
      if (outcome.ok) dma.logging = false;
      return;
    }
    if (args.do === 'call') {
      checkOutcome(
        context,
        dma.log.withFlags(Number(args.flags ?? 0n), args.argsz),
        `VFIO_IOMMU_DIRTY_PAGES with flags 0x${(args.flags ?? 0n).toString(16)}`,
      );
      return;
    }
    getBitmap(context, args);
  },
});

interface GetArguments {
  readonly do: string;
  readonly of?: string;
  readonly iova?: bigint;
  readonly size?: bigint;
  readonly page?: bigint;
  readonly bitmap?: bigint;
  readonly argsz?: number;
  readonly flags?: bigint;
  readonly clean: boolean;
}

function getBitmap(context: StepContext, args: GetArguments): void {
  const { dma } = context.session;
  const range = rangeOf(context, args);
  const answer = dma.log.getBitmap({
    ...range,
    pageSize: args.page ?? loggedPageSize(context),
    ...(args.bitmap === undefined ? {} : { bitmapBytes: args.bitmap }),
    ...(args.argsz === undefined ? {} : { argsz: args.argsz }),
    ...(args.flags === undefined ? {} : { flags: Number(args.flags) }),
  });
  const what = `GET_BITMAP of ${range.size} bytes at 0x${range.iova.toString(16)}`;
  context.judge.check('DIRTY-SIZE', answer.overrunAt === undefined, () => ({
    expected: `${what}: nothing is written past bitmap.size`,
    observed: `the byte at ${answer.overrunAt} changed`,
  }));
  checkOutcome(context, answer.outcome, what, { clause: 'DIRTY-RANGE' });
  if (!answer.outcome.ok) return;
  const bitmap = answer.outcome.value;
  dma.bitmaps.set(range.label, bitmap);
  context.attach({ name: `dirty pages of ${range.label}`, type: 'text/plain', body: bitmapTable(bitmap) });
  if (args.do === 'expect') judgeBitmap(context, bitmap, { clean: args.clean, what });
}

/** The smallest page size that dirty logging offers. */
export function loggedPageSize(context: StepContext): bigint {
  const info = context.session.dma.iommu.info();
  if (!info.ok)
    context.fail({ clause: 'IOMMU-INFO-CHAIN', expected: 'VFIO_IOMMU_GET_INFO works', observed: info.message });
  const logging = info.value.dirtyLogging;
  if (!logging) context.skip('not-applicable', 'dirty-pages', 'the IOMMU info has no MIGRATION capability (2)');
  const page = smallestPageSize(logging.pageSizes);
  if (page === 0n) context.fail({ clause: 'IOMMU-CAP-MIG', expected: 'a page size in pgsize_bitmap', observed: '0' });
  return page;
}

function rangeOf(context: StepContext, args: GetArguments): { iova: bigint; size: bigint; label: string } {
  const { mappings } = context.session.dma;
  if (args.iova !== undefined)
    return { iova: args.iova, size: args.size ?? 0n, label: args.of ?? `0x${args.iova.toString(16)}` };
  const label = args.of ?? (mappings.size === 1 ? [...mappings.keys()][0] : undefined);
  const mapping = label === undefined ? undefined : mappings.get(label);
  if (!mapping)
    context.giveUp(
      `dirty: ${args.of === undefined ? 'name the mapping with `of:`' : `nothing is mapped as "${args.of}"`}`,
    );
  return { iova: mapping.iova, size: args.size ?? mapping.size, label: mapping.label };
}
