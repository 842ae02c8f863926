/** info: asks for device, region, IRQ or IOMMU information with an argsz of the author's choice, or all of it. */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Many } from '../language/scalars';
import type { InfoRound } from '../vfio/info-call';
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
    argsz: Type.Optional(
      Many(Count({ maximum: 65536 }), {
        description: 'Ask with exactly these; default: as a user who wants all of it.',
      }),
    ),
  }),
  main: 'of',
  examples: ['info: device', 'info: {of: device, argsz: [16, 20, 64]}', 'info: {of: region, past: true}'],
  takesExpect: true,
  run(context: StepContext, args) {
    for (const index of indexesOf(context, args)) {
      for (const argsz of args.argsz ?? [undefined]) {
        const outcome = ask(context, args.of, index, argsz);
        if (args.past || args.index === undefined) continue;
        checkOutcome(context, outcome, `information on ${args.of} ${index}`);
      }
    }
  },
});

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
  return exact[of]();
}
