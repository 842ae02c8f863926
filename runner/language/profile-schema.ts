/** A device profile, key by key. */
import { type Static, Type } from '@sinclair/typebox';
import { CLAIM_NAMES } from './needs';
import { DATE_PATTERN } from './patterns';
import { Address, Choice, ClauseId, Count, Duration, RegionName, Size, Text, Width } from './scalars';
import { name, Opaque } from './schema-parts';

export const ProfileFile = Type.Object(
  {
    device: name('What the device is called in reports'),
    description: Type.Optional(Text({ description: 'What is worth knowing about the model' })),
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
        reference: Type.Optional(
          Text({
            description:
              'A kind of the reference device: pci, zpci, ccw, fsl-mc; with a variation behind it: pci+no-dirty-log',
          }),
        ),
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
    failing: Type.Optional(
      Opaque({ description: 'Steps after which the next transition fails, and leaves the device where it was' }),
    ),
    faulting: Type.Optional(
      Opaque({ description: 'Steps after which the next read of data_offset in the saving loop fails' }),
    ),
    fingerprint: Type.Optional(
      Opaque({ description: 'Reads that identify the state of the device: what must arrive on the destination' }),
    ),
    mark: Type.Optional(
      Opaque({ description: `Steps that put a value into the device which its fingerprint shows; \${value} is given` }),
    ),
    'dma-most': Type.Optional(
      Size({ minimum: 1, description: 'The most bytes that one use of `dma:` can move; more is moved in parts' }),
    ),
    'dma-below': Type.Optional(Address({ description: 'First address that the DMA of the device cannot reach' })),
    'irq-index': Type.Optional(
      Count({ maximum: 255, description: 'The IRQ index of the interrupt that `irq:` raises' }),
    ),
    counter: Type.Optional(
      Type.Object(
        {
          region: RegionName({ description: 'Where the register is' }),
          at: Address({ description: 'From the start of the region' }),
          width: Width({ description: 'Bytes of the register' }),
        },
        { description: 'A register that moves while the device runs and stands still when it is stopped' },
      ),
    ),
    quiet: Type.Optional(Duration({ description: 'How long stillness is watched', maximum: 60_000 })),
    deadline: Type.Optional(Duration({ description: 'How long a step may take when it does not say', minimum: 1 })),
    waivers: Type.Array(
      Type.Object({
        clause: ClauseId({ description: 'The clause that the device is known to break' }),
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
