/** dirty: dirty page logging (header diff, lines 374-421): start, stop, get a bitmap, and judge what it must hold. */
import { type Static, Type } from '@sinclair/typebox';
import { Address, Choice, Count, Label, Many, Number64, Size } from '../language/scalars';
import { dueOfGetBitmap } from '../oracles/dirty-call';
import { BitmapSize, bitmapRequest, judgeOverrun, PageSize, stateOf } from './bitmap-request';
import { bitmapTable, outside } from './dirty-comparison';
import { judgeBitmap, judgeClean } from './dirty-judgement';
import { loggedPages, mappingsInside, pageUnit, rangeOf } from './pages';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const ARGUMENTS = Type.Object({
  do: Choice(['start', 'stop', 'get', 'expect', 'call'], {
    description:
      '`get` reads a bitmap; `expect` reads it and judges it by what `dma` wrote; `call` is VFIO_IOMMU_DIRTY_PAGES with any flags.',
  }),
  of: Type.Optional(
    Many(Label({ 'x-role': 'takes-mapping' }), {
      description: 'Mappings, there or gone: one range over all of them; default: the only one.',
    }),
  ),
  page: Type.Optional(Count({ description: 'Begin the range so many pages later.' })),
  pages: Type.Optional(Count({ minimum: 1, description: 'Make the range so many pages long.' })),
  skew: Type.Optional(Size({ description: 'Begin the range so many bytes later.' })),
  extra: Type.Optional(Size({ description: 'Make the range so many bytes longer.' })),
  iova: Type.Optional(Address({ description: 'Instead of a mapping: the start of the range.' })),
  size: Type.Optional(Size({ description: 'Bytes of the range, whatever is mapped.' })),
  pgsize: Type.Optional(PageSize()),
  bitmap: Type.Optional(BitmapSize()),
  argsz: Type.Optional(
    Many(Count({ maximum: 65536 }), { description: 'What argsz says; a list makes several calls.' }),
  ),
  flags: Type.Optional(
    Many(Number64({ maximum: 0xffffffffn }), { description: 'With `call`: the flags; a list makes several calls.' }),
  ),
  as: Type.Optional(
    Label({ description: 'Keep the bitmap under this name; default: that of the mapping.', 'x-role': 'gives-bitmap' }),
  ),
  clean: Type.Optional(
    Many(Count(), { description: 'With `expect`: these pages of the range must not be set, as nothing wrote them.' }),
  ),
  except: Type.Optional(
    Label({
      description: 'With `clean`: a bitmap whose pages the device may write at any time.',
      'x-role': 'takes-bitmap',
    }),
  ),
});
type Arguments = Static<typeof ARGUMENTS>;

export const verb = defineVerb({
  name: 'dirty',
  summary: 'Starts or stops dirty page logging, gets a bitmap, or expects what the device wrote to be in it.',
  arguments: ARGUMENTS,
  main: 'do',
  examples: [
    '- map: {as: ram, pages: 8}\n- dirty: start\n- dma: {to: ram, page: 3}\n- dirty: expect\n- dirty: stop',
    '- map: {as: ram, pages: 8}\n- dirty: start\n- dirty: {do: get, of: ram}\n- dma: {to: ram, page: 1}\n- dirty: {do: expect, of: ram, clean: [3]}\n- dirty: stop',
    '- map: {as: ram, pages: 130}\n- dirty: start\n- dirty: {do: get, of: ram, bitmap: 8B}\n  expect: {errno: [EINVAL]}\n- dirty: stop',
    '- dirty: {do: call, flags: [0x0, 0x3]}\n  expect: {errno: [EINVAL]}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    switch (args.do) {
      case 'start':
        startLogging(context);
        break;
      case 'stop':
        stopLogging(context);
        break;
      case 'call':
        for (const flags of args.flags ?? [0n])
          for (const argsz of args.argsz ?? [undefined]) callWithFlags(context, flags, argsz);
        break;
      default:
        for (const argsz of args.argsz ?? [undefined]) getBitmap(context, args, argsz);
    }
  },
});

function startLogging(context: StepContext): void {
  const { dma } = context.session;
  loggedPages(context);
  const outcome = dma.log.start();
  checkOutcome(context, outcome, 'START', { clause: 'DIRTY-START' });
  if (!outcome.ok) return;
  dma.logging = true;
  dma.writes = [];
}

function stopLogging(context: StepContext): void {
  const { dma } = context.session;
  const outcome = dma.log.stop();
  checkOutcome(context, outcome, 'STOP', { clause: 'DIRTY-STOP' });
  if (!outcome.ok) return;
  dma.logging = false;
  dma.writes = [];
}

/** Whatever the flags, the kernel finds a whole _get structure behind them: a call fails by its flags or by its argsz alone. */
function callWithFlags(context: StepContext, flags: bigint, argsz: number | undefined): void {
  const { dma } = context.session;
  const range = dma.mappings.size > 0 ? rangeOf(context, 'dirty', { of: [...dma.mappings.keys()] }) : undefined;
  const unit = pageUnit(context);
  const { outcome } = dma.log.getBitmap({
    iova: range?.iova ?? 0n,
    size: range?.size ?? unit,
    pageSize: unit,
    flags: Number(flags),
    ...(argsz === undefined ? {} : { argsz }),
  });
  const said = argsz === undefined ? '' : ` and argsz ${argsz}`;
  checkOutcome(context, outcome, `VFIO_IOMMU_DIRTY_PAGES with flags 0x${flags.toString(16)}${said}`);
}

function getBitmap(context: StepContext, args: Arguments, argsz: number | undefined): void {
  const { dma } = context.session;
  const range = rangeOf(context, 'dirty', args);
  const asked = bitmapRequest(context, range, { ...args, argsz });
  const due = dueOfGetBitmap(stateOf(context), asked.call);
  const answer = dma.log.getBitmap(asked.request);
  const what = `GET_BITMAP of ${range.size} bytes at 0x${range.iova.toString(16)}`;
  if (asked.withoutMemory(answer.outcome)) return;
  judgeOverrun(context, answer, what, due, asked.plain ? 'DIRTY-SIZE' : 'DIRTY-PGSIZE');
  checkOutcome(context, answer.outcome, what, due.answer === 'open' ? {} : { clause: due.clause });
  if (!answer.outcome.ok) {
    // Another page size is refused or honoured, and both are in order.
    if (!asked.plain) context.judge.kept('DIRTY-PGSIZE');
    return;
  }
  const bitmap = answer.outcome.value;
  const except = args.except === undefined ? undefined : dma.bitmaps.get(args.except);
  if (args.except !== undefined && !except) context.giveUp(`dirty: there is no bitmap "${args.except}"`);
  const mappings = mappingsInside(dma.iommu.mappings, range);
  dma.bitmaps.set(args.as ?? range.label, bitmap);
  context.attach({ name: `dirty pages of ${range.label}`, type: 'text/plain', body: bitmapTable(bitmap) });
  if (args.do === 'expect') {
    // With `clean` the step is about the pages that are not set.
    const own = args.clean ? undefined : context.step.judge;
    const clause = own ?? (asked.plain ? 'DIRTY-COMPLETE' : 'DIRTY-PGSIZE');
    judgeBitmap(context, bitmap, { what, mappings, clause, repeatable: asked.plain });
    if (args.clean) judgeClean(context, bitmap, args.clean, { what, mappings, except });
  }
  dma.writes = outside(dma.writes, range.iova, range.size);
}
