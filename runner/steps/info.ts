/** info: asks for device, region, IRQ or IOMMU information with an argsz of the author's choice, or all of it. */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Many } from '../language/scalars';
import type { ClauseId } from '../language/scenario';
import type { Info, InfoRound } from '../vfio/info-call';
import type { Outcome } from '../vfio/outcome';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const MAX_SHOWN = 64;

export const verb = defineVerb({
  name: 'info',
  summary: 'Asks for information; every argsz of a list is tried in turn. Oracles judge the answers.',
  arguments: Type.Object({
    of: Choice(['device', 'region', 'irq', 'iommu'], { description: 'Which information.' }),
    index: Type.Optional(
      Count({
        maximum: 0xffffffff,
        description: 'Which region or IRQ; default: all below the count, and with `past` some beyond.',
      }),
    ),
    past: Type.Boolean({
      default: false,
      description: 'Ask for the indexes right behind the count too, which must be refused.',
    }),
    sweep: Type.Boolean({
      default: false,
      description:
        'Ask with every argsz at which something changes: fields, capabilities, what is needed, and more than that.',
    }),
    argsz: Type.Optional(
      Many(Count({ maximum: 65536 }), {
        description: 'Ask with exactly these; default: as a user who wants all of it.',
      }),
    ),
  }),
  main: 'of',
  examples: [
    'info: device',
    'info: {of: region, past: true}',
    'info: {of: device, sweep: true}',
    'info: {of: device, argsz: [16, 20, 64]}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    for (const index of indexesOf(context, args)) {
      if (args.sweep) sweep(context, args.of, index);
      for (const argsz of args.argsz ?? (args.sweep ? [] : [undefined])) {
        const outcome = ask(context, args.of, index, argsz);
        if (args.past || args.index === undefined) continue;
        checkOutcome(context, outcome, `information on ${args.of} ${index}`);
      }
    }
  },
});

/** Where the structures' fields end; no kernel is asked with less than the first of each. */
const FIELD_ENDS: Readonly<Record<InfoArguments['of'], readonly number[]>> = {
  device: [16, 19, 20, 24],
  region: [32],
  irq: [16],
  iommu: [16, 20, 24],
};
const AMPLE = 4096;

/** What a call comes to is the oracles' to judge: here nothing is expected of any of them. */
function sweep(context: StepContext, of: InfoArguments['of'], index: number): void {
  const whole = ask(context, of, index, AMPLE);
  const answer = whole.ok && 'argszReturned' in (whole.value as object) ? (whole.value as InfoRound) : undefined;
  const ends = new Set(FIELD_ENDS[of]);
  const full = ask(context, of, index, undefined);
  if (full.ok) {
    const { chain, bytes } = full.value as Info<unknown>;
    for (const { offset, bytes: capability } of chain.capabilities) {
      ends.add(offset + 4);
      ends.add(offset + capability.length - 1);
    }
    for (const near of [bytes.length - 1, bytes.length, bytes.length + 1]) ends.add(near);
  }
  if (answer) ends.add(answer.argszReturned);
  const smallest = Math.min(...FIELD_ENDS[of]);
  for (const argsz of [...ends].sort((a, b) => a - b)) {
    if (argsz >= smallest && argsz < AMPLE) ask(context, of, index, argsz);
  }
}

interface InfoArguments {
  readonly of: 'device' | 'region' | 'irq' | 'iommu';
  readonly index?: number;
  readonly past: boolean;
}

function indexesOf(context: StepContext, { of, index, past }: InfoArguments): readonly number[] {
  if (index !== undefined) return [index];
  if (of === 'device' || of === 'iommu') return [0];
  const info = context.session.device.info();
  if (!info.ok)
    context.fail({ clause: 'DEV-INFO-ARGSZ', expected: 'VFIO_DEVICE_GET_INFO works', observed: info.message });
  const count = of === 'region' ? info.value.numRegions : info.value.numIrqs;
  const below = Array.from({ length: Math.min(count, MAX_SHOWN) }, (_, n) => n);
  return past
    ? [...below, count, count + 1, 0x7fff_ffff, 0xffff_ffff].filter(
        (n, at, all) => n <= 0xffff_ffff && all.indexOf(n) === at,
      )
    : below;
}

function ask(
  context: StepContext,
  of: InfoArguments['of'],
  index: number,
  argsz: number | undefined,
): Outcome<unknown> {
  const { device, dma } = context.session;
  if (argsz === undefined) {
    if (of === 'device') return device.info();
    if (of === 'region') return device.regionInfo(index);
    return of === 'irq' ? device.irqInfo(index) : dma.iommu.info();
  }
  const exact: Record<InfoArguments['of'], () => Outcome<InfoRound>> = {
    device: () => device.infoWithArgsz(argsz),
    region: () => device.regionInfoWithArgsz(index, argsz),
    irq: () => device.irqInfoWithArgsz(index, argsz),
    iommu: () => dma.iommu.infoWithArgsz(argsz),
  };
  const outcome = exact[of]();
  const clause = CLAUSES[of];
  // Oracles see the first few hundred bytes of a call; here all of the guard is looked at.
  if (outcome.ok && outcome.value.overrunAt !== undefined && clause !== undefined) {
    const observed = `the byte at ${outcome.value.overrunAt} was changed`;
    context.judge.broken(clause, { expected: `nothing is written past argsz ${argsz}`, observed });
  }
  return outcome;
}

const CLAUSES: Partial<Record<InfoArguments['of'], ClauseId>> = {
  device: 'DEV-INFO-ARGSZ',
  region: 'REG-INFO-CHAIN',
  iommu: 'IOMMU-INFO-CHAIN',
};
