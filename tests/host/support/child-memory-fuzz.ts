/**
 * Random sequences of allocate, load, store, peek, poke, lending bytes and munmap, many of them wrong, against a model. A wrong call must
 * be a HostMisuse; a right one must do what the model does; nothing may end the process.
 */
import * as fc from 'fast-check';
import { createLocalHost, type LocalHost } from '../../../runner/host/local/local-host';
import { type AccessWidth, type HostMemory, HostMisuse } from '../../../runner/host/vfio-host';

interface Piece {
  readonly memory: HostMemory;
  readonly model: Uint8Array;
  live: boolean;
  stale: Uint8Array | undefined;
}

const count = { accepted: 0, refused: 0 };

/** Runs `call`, which must throw HostMisuse exactly when `right` is false. */
function expectCall<T>(right: boolean, call: () => T): T | undefined {
  try {
    const answer = call();
    if (!right) {
      throw new Error('a wrong call was accepted');
    }
    count.accepted += 1;
    return answer;
  } catch (error) {
    if (right || !(error instanceof HostMisuse)) {
      throw error;
    }
    count.refused += 1;
    return undefined;
  }
}

function same(what: string, ours: unknown, models: unknown): void {
  if (String(ours) !== String(models)) {
    throw new Error(`${what}: ${String(ours)}, the model has ${String(models)}`);
  }
}

const place = fc.oneof(
  fc.nat(80).map((n) => n * 4),
  fc.integer({ min: -20, max: 9000 }),
  fc.constantFrom(4088, 4092, 4096, 8192, -8, 0.5, Number.NaN, 2 ** 31, 2 ** 32, 2 ** 53),
);
const width = fc.constantFrom<AccessWidth>(1, 2, 4, 8);
const action = fc.oneof(
  fc.record({ do: fc.constant('allocate' as const), length: fc.constantFrom(1, 300, 4096, 4099, 8192) }),
  fc.record({ do: fc.constant('munmap' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('lend' as const), which: fc.nat(), at: fc.nat(8191), value: fc.nat(255) }),
  fc.record({ do: fc.constant('load' as const), which: fc.nat(), at: place, width }),
  fc.record({
    do: fc.constant('store' as const),
    which: fc.nat(),
    at: place,
    width,
    value: fc.oneof(fc.bigInt(0n, 255n), fc.bigInt(-1n, 2n ** 64n)),
  }),
  fc.record({ do: fc.constant('peek' as const), which: fc.nat(), at: place, length: fc.nat(64) }),
  fc.record({ do: fc.constant('poke' as const), which: fc.nat(), at: place, bytes: fc.uint8Array({ maxLength: 64 }) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function run(host: LocalHost, pieces: Piece[], step: Action): void {
  if (step.do === 'allocate') {
    const memory = host.allocate(step.length);
    if (typeof memory === 'number') {
      throw new Error(`allocate: ${memory}`);
    }
    pieces.push({ memory, model: new Uint8Array(step.length), live: true, stale: undefined });
    return;
  }
  const piece = pieces[step.which % Math.max(1, pieces.length)];
  if (piece === undefined) {
    return;
  }
  const { memory, model, live } = piece;
  const inside = (at: number, length: number): boolean =>
    live && Number.isInteger(at) && at >= 0 && at + length <= model.length;
  switch (step.do) {
    case 'munmap':
      expectCall(live, () => host.munmap(memory));
      piece.live = false;
      return;
    case 'lend':
      piece.stale ??= expectCall(live, () => memory.bytes);
      if (piece.stale !== undefined && step.at < model.length) {
        piece.stale[step.at] = step.value;
        model[step.at] = step.value;
      }
      return;
    case 'load': {
      const right = inside(step.at, step.width) && step.at % step.width === 0;
      const value = expectCall(right, () => host.load(memory, step.at, step.width));
      if (value !== undefined) {
        const bytes = model.slice(step.at, step.at + step.width).reverse();
        same('load', value, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
      }
      return;
    }
    case 'store': {
      const fits = step.value >= 0n && step.value < 1n << BigInt(8 * step.width);
      const right = inside(step.at, step.width) && step.at % step.width === 0 && fits;
      expectCall(right, () => host.store(memory, step.at, step.width, step.value));
      if (right) {
        for (let n = 0; n < step.width; n += 1) {
          model[step.at + n] = Number((step.value >> BigInt(8 * n)) & 0xffn);
        }
      }
      return;
    }
    case 'peek': {
      const into = new Uint8Array(step.length);
      const right = inside(step.at, step.length);
      expectCall(right, () => host.peek(memory, step.at, into));
      if (right) {
        same('peek', into, model.slice(step.at, step.at + step.length));
      }
      return;
    }
    case 'poke': {
      const right = inside(step.at, step.bytes.length);
      expectCall(right, () => host.poke(memory, step.at, step.bytes));
      if (right) {
        model.set(step.bytes, step.at);
      }
    }
  }
}

const [runs = '100', seed = '1'] = process.argv.slice(2);
fc.assert(
  fc.property(fc.array(action, { minLength: 20, maxLength: 200 }), (steps) => {
    const host = createLocalHost();
    const pieces: Piece[] = [];
    try {
      for (const step of steps) {
        run(host, pieces, step);
      }
    } finally {
      host.dispose();
    }
    // Whatever bytes were lent are still safe to touch.
    for (const { stale } of pieces) {
      stale?.fill(0x5a);
    }
  }),
  { numRuns: Number(runs), seed: Number(seed) },
);
process.send?.(count, () => process.exit(0));
