/** touch: what a region offers for mapping can be mapped, and bears an access on every page (header diff, lines 189-194). */
import { Type } from '@sinclair/typebox';
import type { AccessWidth, HostMemory } from '../host/vfio-host';
import { Choice } from '../language/scalars';
import { requireMigration } from './device-session';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** Of a larger area the pages at both ends are touched, and so many in between. */
const MOST_PAGES = 256;
const WIDTH: AccessWidth = 8;

export const verb = defineVerb({
  name: 'touch',
  summary: 'Maps every mappable area of the migration region, whole, and touches the first and last word of its pages.',
  arguments: Type.Object({
    do: Choice(['load', 'store'], { description: 'By loads, or by stores of zeros: those only in resuming.' }),
  }),
  main: 'do',
  examples: ['- transition: stop-and-copy\n- touch: load'],
  takesExpect: false,
  run(context: StepContext, args) {
    const { region } = requireMigration(context);
    const areas = region.info.mappableAreas.filter((area) => area.size > 0n);
    if (areas.length === 0)
      context.skip('not-applicable', 'data-mmap', 'no part of the migration region can be mapped');
    for (const area of areas) {
      const mapped = region.map(area);
      if (!mapped.ok)
        context.fail({
          clause: 'MIG-MMAP-SPARSE',
          expected: `the area of ${area.size} bytes at 0x${area.offset.toString(16)} can be mapped`,
          observed: mapped.message,
        });
      touchPages(context, mapped.value.memory, args.do);
      context.judge.kept('MIG-MMAP-SPARSE');
    }
  },
});

function touchPages({ host }: StepContext, memory: HostMemory, what: 'load' | 'store'): void {
  const page = host.facts.pageSize;
  const pages = Math.floor(memory.length / page);
  const step = Math.max(1, Math.ceil(pages / MOST_PAGES));
  const starts = Array.from({ length: Math.ceil(pages / step) }, (_, n) => n * step * page);
  if (pages > 0) starts.push((pages - 1) * page);
  for (const start of starts) {
    for (const at of [start, start + page - WIDTH]) {
      if (what === 'load') host.load(memory, at, WIDTH);
      else host.store(memory, at, WIDTH, 0n);
    }
  }
}
