/** Accesses to the fields of the migration region beside the loops: what may always be read, and writes that must have no effect. */
import fc from 'fast-check';
import type { ClauseId } from '../../../language/scenario';
import type { Model } from '../model';
import type { StepData } from '../step-data';
import type { Walk } from '../walk';
import { Move, type WeightedMove } from './move';

/** Zero in every state, and within an iteration too. */
class ReadReserved extends Move {
  protected allowed(): boolean {
    return true;
  }

  take(_model: Model, walk: Walk): void {
    walk.add({ read: { field: 'reserved', is: 0 }, judge: 'MIG-RESERVED-R' });
  }

  toString(): string {
    return 'read(reserved)';
  }
}

interface Poke {
  readonly clause: ClauseId;
  readonly step: StepData;
  /** Shows at once, where it may be read without a part in the saving loop, that the write had an effect. */
  readonly check?: { readonly field: string; readonly not: number } | 'state';
  /** A value that says nothing where nothing is saved. */
  readonly savingOnly?: true;
}

const WRONG_ACCESS = { provoke: 'MIG-ACCESS-USER' };

/** Values that would be seen, were they kept; states that would be entered, were they taken for one. */
const POKES: readonly Poke[] = [
  { clause: 'MIG-RESERVED-W', step: { write: { field: 'reserved', u32: 0xffffffff } } },
  { clause: 'MIG-RESERVED-W', step: { write: { field: 'reserved', u32: 2 } } },
  {
    clause: 'MIG-RO-PENDING',
    step: { write: { field: 'pending_bytes', u64: 0 }, ...WRONG_ACCESS },
    savingOnly: true,
  },
  {
    clause: 'MIG-RO-PENDING',
    step: { write: { field: 'pending_bytes', u64: 0x5eed0000 }, ...WRONG_ACCESS },
    check: { field: 'pending_bytes', not: 0x5eed0000 },
  },
  {
    clause: 'MIG-RO-OFFSET',
    step: { write: { field: 'data_offset', u64: 0x5eed0000 }, ...WRONG_ACCESS },
    check: { field: 'data_offset', not: 0x5eed0000 },
  },
  ...[
    { at: 0, u8: 2 },
    { at: 0, u64: 2 },
    { at: 2, u32: 0 },
  ].map(
    (access): Poke => ({
      clause: 'MIG-WIDTH',
      step: { write: { region: 'migration', ...access }, ...WRONG_ACCESS },
      check: 'state',
    }),
  ),
];

/** A write that the text says has no effect, or that the device refuses. */
class PokeField extends Move {
  constructor(private readonly poke: Poke) {
    super();
  }

  protected allowed({ state, session, isSaving }: Readonly<Model>): boolean {
    if (this.poke.savingOnly === true && !isSaving) return false;
    // Half a buffer, or half a stream, would be spoilt by what a device may well do.
    return state !== 'error' && state !== 'resuming' && session?.inBuffer !== true;
  }

  take(model: Model, walk: Walk): void {
    const { clause, step, check } = this.poke;
    walk.add({ ...step, expect: { result: 'either' } });
    if (check === 'state') walk.add({ state: model.state, judge: clause });
    else if (check && !model.isSaving) walk.add({ read: check, expect: { result: 'either' }, judge: clause });
    model.provoked ||= 'provoke' in step;
    model.pokes.add(clause);
    model.doubt(clause);
  }

  toString(): string {
    return `poke(${this.poke.clause})`;
  }
}

/** Half of a field: an error, and nothing else. In _RUNNING, where no iteration could end by it. */
class ReadHalf extends Move {
  protected allowed({ state, spoilt }: Readonly<Model>): boolean {
    return state === 'running' && !spoilt;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ read: { region: 'migration', at: 8, width: 4 }, expect: { result: 'either' }, ...WRONG_ACCESS });
    model.provoked = true;
    model.pokes.add('MIG-WIDTH');
    model.doubt('MIG-WIDTH');
  }

  toString(): string {
    return 'read(half)';
  }
}

/** Questions that a user may ask at any time. */
class Ask extends Move {
  constructor(private readonly step: StepData) {
    super();
  }

  protected allowed({ abilities }: Readonly<Model>): boolean {
    return abilities.capabilities || !('capabilities' in this.step);
  }

  take(_model: Model, walk: Walk): void {
    walk.add(this.step);
  }

  toString(): string {
    return `ask(${JSON.stringify(this.step)})`;
  }
}

export const FIELD_MOVES: readonly WeightedMove[] = [
  { weight: 2, arbitrary: fc.constant(null).map(() => new ReadReserved()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new ReadHalf()) },
  { weight: 2, arbitrary: fc.constantFrom(...POKES).map((poke) => new PokeField(poke)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<StepData>(
        { info: 'device' },
        { capabilities: {} },
        { info: { of: 'region', past: true } },
        { info: { of: 'irq', past: true } },
        { info: { of: 'device', argsz: [16, 20, 24, 32, 64, 128] } },
      )
      .map((step) => new Ask(step)),
  },
];
