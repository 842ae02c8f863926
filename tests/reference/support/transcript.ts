import { createHash } from 'node:crypto';
import { writeScalar } from '../../../runner/abi/scalar';
import { INDEPENDENT_SCENES } from './independent-scenes';
import { type Device, ioctl, Lab, type Stream } from './reference-lab';

/** One thing that a user does with a fresh host; what it saw goes into `say`. */
type Act = (lab: Lab, say: (what: string, seen: unknown) => void) => void;

/** What every act saw, in order: two hosts that answer alike have equal transcripts. Times are left out. */
export function transcript(device: string, options: { dmaEntryLimit?: number } = {}): string[] {
  const lines: string[] = [];
  for (const [name, act] of Object.entries(ACTS)) {
    const say = (what: string, seen: unknown): void => {
      lines.push(`${name}: ${what}: ${show(seen)}`);
    };
    try {
      act(new Lab({ device, dmaEntryLimit: 8, ...options }), say);
    } catch (error) {
      say('threw', error instanceof Error ? `${error.name} ${error.message}` : String(error));
    }
  }
  return lines;
}

function show(seen: unknown): string {
  if (seen instanceof Uint8Array) return createHash('sha1').update(seen).digest('hex');
  if (Array.isArray(seen)) return `[${seen.map(show).join(' ')}]`;
  return String(seen);
}

function infoBytes(lab: Lab, fd: number, request: number, argsz: number, index = 0): [number, string] {
  const bytes = new Uint8Array(512).fill(0xa5);
  writeScalar(bytes, 0, 4, argsz, lab.host.facts.byteOrder);
  if (request !== ioctl('VFIO_DEVICE_GET_INFO') && request !== ioctl('VFIO_IOMMU_GET_INFO'))
    writeScalar(bytes, 8, 4, index, lab.host.facts.byteOrder);
  return [lab.host.ioctl(fd, request, bytes), Buffer.from(bytes).toString('hex')];
}

function walkTo(device: Device, state: number): void {
  if (state === 6) {
    device.setRegister('inject', 1);
    device.go(0);
  } else if (state !== 1) device.go(state);
}

function fingerprint(device: Device): string {
  return `${device.register('scratch')} ${device.register('digest')}`;
}

function fieldsOf(device: Device): string {
  return (['device_state', 'reserved', 'data_offset', 'data_size'] as const)
    .map((name) => String(device.field(name)))
    .join(' ');
}

/** Saves, doing something else in each iteration as well. */
function saveOddly(
  device: Device,
  between: (step: 'pending' | 'offset' | 'size' | 'read', count: number) => void,
  limit = 60,
): Stream {
  const stream: Stream = [];
  for (let count = 1; count <= limit; count++) {
    const pending = device.field('pending_bytes');
    if (typeof pending === 'number' || pending === 0n) break;
    between('pending', count);
    const offset = device.field('data_offset');
    between('offset', count);
    const size = device.field('data_size');
    if (typeof offset === 'number' || typeof size === 'number' || size > 1n << 24n) break;
    between('size', count);
    const bytes = new Uint8Array(Number(size));
    device.host.pread(device.fd, bytes, (device.region << 40n) + offset);
    between('read', count);
    stream.push(bytes);
  }
  return stream;
}

function saved(lab: Lab, scratch = 0xbeef): Stream {
  lab.source.setRegister('scratch', scratch);
  lab.source.go(2);
  return saveOddly(lab.source, () => undefined);
}

function restore(lab: Lab, stream: Stream, say: (what: string, seen: unknown) => void): void {
  say('resuming', lab.destination.go(4));
  say('given', [lab.destination.resume(stream), lab.destination.state()]);
  say('running', lab.destination.go(1));
  say('state', lab.destination.state());
  say('fingerprint', fingerprint(lab.destination));
  lab.host.sleep(30);
  say('later', fingerprint(lab.destination));
}

const STATES = [0, 1, 2, 3, 4, 6];

const ACTS: Readonly<Record<string, Act>> = {
  deviceInfo(lab, say) {
    const ask = (): void => {
      for (const argsz of [0, 8, 12, 16, 20, 24, 100, 199, 200, 203, 204, 208, 216, 248, 512])
        say(`info ${argsz}`, infoBytes(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_INFO'), argsz));
    };
    ask();
    say('reset', lab.source.reset());
    ask();
  },
  regionInfo(lab, say) {
    for (let index = 0; index < 13; index++) {
      for (const argsz of [31, 32, 40, 48, 63, 80, 128])
        say(
          `region ${index} ${argsz}`,
          infoBytes(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_REGION_INFO'), argsz, index),
        );
    }
    for (let index = 0; index < 8; index++)
      say(`irq ${index}`, infoBytes(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_IRQ_INFO'), 16, index));
  },
  fields(lab, say) {
    const { source } = lab;
    for (const state of [1, 2]) {
      walkTo(source, state);
      if (state === 2) source.field('pending_bytes');
      for (const width of [1, 2, 4, 8])
        for (let at = 0; at < 32; at++)
          say(`read ${width} at ${at}`, at === 8 && width === 8 ? '' : source.raw(at, width));
      say('fields', fieldsOf(source));
    }
  },
  oddWrites(lab, say) {
    const { source } = lab;
    for (const width of [1, 2, 4, 8]) {
      for (let at = 0; at < 12; at++) {
        if (width === 4 && at % 4 === 0) continue;
        const bytes = new Uint8Array(width);
        if (at === 0) bytes[lab.host.facts.byteOrder === 'little' || width === 1 ? 0 : 3] = 2;
        say(`write ${width} at ${at}`, source.rawWrite(at, bytes));
        say('state', source.field('device_state'));
        source.reset();
      }
    }
  },
  reservedWrites(lab, say) {
    const { source } = lab;
    say('write', source.setField('reserved', 0xdead));
    say('fields', fieldsOf(source));
    source.reset();
    source.go(2);
    const stream = saveOddly(source, (step, count) => {
      if (step === 'size' && count === 2) source.setField('reserved', 0x1);
      if (step === 'offset') say('reserved', source.field('reserved'));
      if (step === 'size') say('again', fieldsOf(source));
    });
    say('stream', stream);
  },
  readOnlyWrites(lab, say) {
    const { source } = lab;
    source.go(2);
    say('pending', source.field('pending_bytes'));
    say('write pending', source.setField('pending_bytes', 5n));
    say('pending', source.field('pending_bytes'));
    say('write offset', source.setField('data_offset', 0x80n));
    const stream = saveOddly(source, (step, count) => {
      if (step === 'pending' && count === 3) source.setField('pending_bytes', 0n);
    });
    say('offset', source.field('data_offset'));
    say('stream', stream);
  },
  matrix(lab, say) {
    const { source } = lab;
    for (const from of STATES) {
      for (const to of [0, 1, 2, 3, 4, 5, 6, 7]) {
        source.reset();
        walkTo(source, from);
        source.setRegister('scratch', 77);
        const kept = Number(source.field('device_state')) & ~7;
        say(`${from} to ${to}`, [
          source.go(kept | to),
          source.field('device_state'),
          source.field('device_state'),
          source.field('pending_bytes'),
          source.register('scratch'),
        ]);
        say('then stop', [source.go(0), source.field('device_state')]);
      }
    }
    source.reset();
    say('reset', [source.field('device_state'), source.field('pending_bytes')]);
  },
  everyArcTwice(lab, say) {
    const { source } = lab;
    for (const path of [
      [0, 1, 0, 1],
      [2, 0, 2],
      [3, 2, 1],
      [3, 1, 3, 2, 0],
      [4, 1],
      [2, 2, 2, 0],
    ]) {
      say(
        'path',
        path.map((state) => [source.go(state), source.field('device_state'), source.field('pending_bytes')]),
      );
      say('reset', [source.reset(), source.field('device_state')]);
    }
    source.go(0);
    source.go(1);
    const before = source.register('counter');
    lab.host.sleep(5);
    say('runs', source.register('counter') > before);
  },
  reopen(lab, say) {
    const { host, source } = lab;
    for (const state of [1, 0, 2, 3, 4]) {
      say('opened in', source.field('device_state'));
      walkTo(source, state);
      host.close(source.fd);
      const fd = host.ioctl(source.group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from(`${source.name}\0`));
      say(`closed in ${state}`, fd);
    }
  },
  internalErrors(lab, say) {
    const { source } = lab;
    for (const kind of [1, 2, 3]) {
      source.setRegister('inject', kind);
      say('fails', [
        source.go(2),
        source.field('device_state'),
        source.field('device_state'),
        source.field('pending_bytes'),
        source.field('data_offset'),
      ]);
      say('goes on', [source.go(3), source.field('device_state')]);
      say('reset', [source.reset(), source.field('device_state')]);
      source.go(2);
      say(
        'save',
        saveOddly(source, () => undefined),
      );
      source.reset();
    }
  },
  stillness(lab, say) {
    const { host, source } = lab;
    source.enableDma();
    const memory = lab.allocate(4096);
    lab.map(memory, 0x1_0000_0000n);
    const event = host.eventfd();
    for (const path of [[0], [2], [4], [2, 0], [3], [3, 1]]) {
      source.reset();
      source.enableDma();
      const irq = new Uint8Array(24);
      [24, 0x24, Number(source.info().flags & 2 ? 1 : 0), 0, 1, event].forEach((value, at) => {
        writeScalar(irq, at * 4, 4, value, host.facts.byteOrder);
      });
      host.ioctl(source.fd, ioctl('VFIO_DEVICE_SET_IRQS'), irq);
      source.setRegister('interruptPeriod', 4);
      source.setRegister('dmaDestination', 0x1_0000_0000n, 8);
      source.setRegister('dmaCount', 64n, 8);
      source.setRegister('dmaPattern', 0x55n, 8);
      source.setRegister('dmaCommand', 0x19);
      host.sleep(3);
      for (const state of path) source.go(state);
      host.read(event, new Uint8Array(8));
      host.poke(memory, 0, new Uint8Array(64));
      const counter = source.register('counter');
      for (const wait of [0, 3, 20, 60]) {
        host.sleep(wait);
        const seen = new Uint8Array(64);
        host.peek(memory, 0, seen);
        say(`${path.join('>')} after ${wait}`, [
          seen,
          host.read(event, new Uint8Array(8)),
          source.register('counter') === counter,
        ]);
      }
    }
  },
  save(lab, say) {
    const { source } = lab;
    for (const path of [[2], [3], [0, 2], [3, 2], [3, 1, 2]]) {
      source.reset();
      source.setRegister('scratch', 0x1234);
      for (const state of path) source.go(state);
      const pendings: unknown[] = [];
      const stream = saveOddly(source, (step) => {
        if (step === 'size') pendings.push(fieldsOf(source));
      });
      say(`save ${path.join('>')}`, [stream, pendings, source.field('pending_bytes'), source.field('device_state')]);
    }
  },
  patience(lab, say) {
    lab.source.go(3);
    say('pending', lab.source.field('pending_bytes'));
    lab.host.sleep(20);
    say('pending later', lab.source.field('pending_bytes'));
  },
  pendings(lab, say) {
    lab.source.go(2);
    const pendings: unknown[] = [];
    for (let count = 0; count < 12; count++) {
      pendings.push(lab.source.field('pending_bytes'));
      lab.source.field('data_offset');
    }
    say('pendings', pendings);
  },
  polls(lab, say) {
    for (const times of [1, 3]) {
      lab.source.reset();
      lab.source.go(2);
      const stream = saveOddly(lab.source, (step) => {
        for (let time = 0; step === 'pending' && time < times; time++) lab.source.field('pending_bytes');
      });
      say(`polled ${times} times more`, stream);
    }
  },
  rereads(lab, say) {
    for (const times of [1, 2]) {
      lab.source.reset();
      lab.source.go(2);
      const seen: unknown[] = [];
      const stream = saveOddly(lab.source, (step) => {
        for (let time = 0; step === 'size' && time < times; time++)
          seen.push(lab.source.field('data_offset'), lab.source.field('data_size'));
      });
      say(`read ${times} times more`, [seen, stream]);
    }
  },
  pieces(lab, say) {
    const { source, host } = lab;
    source.go(2);
    saveOddly(source, (step, count) => {
      if (step !== 'size' || count > 3) return;
      const offset = Number(source.field('data_offset'));
      const size = Number(source.field('data_size'));
      const at = (place: number, width: number): unknown => {
        const bytes = new Uint8Array(width);
        return [host.pread(source.fd, bytes, (source.region << 40n) + BigInt(offset + place)), bytes];
      };
      say('at once', at(Math.max(0, size - 16), 16));
      host.sleep(30);
      say('later', at(Math.max(0, size - 16), 16));
      for (const width of [1, 2, 4, 8, 3, 24]) say(`piece ${width}`, [at(0, width), at(16, width)]);
      say('far', at(Math.min(size - 8, 4104), 8));
    });
  },
  mapped(lab, say) {
    const { source, host } = lab;
    const base = source.region << 40n;
    const page = host.facts.pageSize;
    source.go(2);
    saveOddly(source, (step, count) => {
      if (step !== 'size' || count > 2) return;
      for (const [offset, length] of [
        [0, page],
        [page, page],
        [page, 5 * page],
        [5 * page, page],
        [page, 20 * page],
      ] as const) {
        const memory = host.mmap(source.fd, length, base + BigInt(offset), { read: true, write: true });
        if (typeof memory === 'number') {
          say(`map ${offset} ${length}`, memory);
          continue;
        }
        const bytes = new Uint8Array(64);
        host.peek(memory, 0, bytes);
        say(`map ${offset} ${length}`, bytes);
        say('load', host.load(memory, 0, 4));
        say('last', host.load(memory, length - 8, 8));
        say('read', source.data(offset, 64));
        host.munmap(memory);
      }
    });
  },
  mappedResume(lab, say) {
    const stream = saved(lab);
    const { destination, host } = lab;
    destination.go(4);
    for (const buffer of stream) {
      const offset = destination.field('data_offset');
      const memory = host.mmap(destination.fd, host.facts.pageSize * 5, (destination.region << 40n) + BigInt(offset), {
        read: true,
        write: true,
      });
      if (typeof memory === 'number') destination.give(buffer);
      else {
        host.poke(memory, 0, buffer);
        say('data_size', destination.setField('data_size', BigInt(buffer.length)));
        host.munmap(memory);
      }
    }
    say('running', [destination.go(1), fingerprint(destination)]);
  },
  earlyExit(lab, say) {
    for (const [count, change, midway] of [
      [2, false, false],
      [2, true, false],
      [20, true, false],
      [2, false, true],
      [0, false, false],
    ] as const) {
      lab.source.reset();
      lab.destination.reset();
      lab.source.go(3);
      const early = saveOddly(lab.source, () => undefined, count);
      if (change) lab.source.setRegister('mutate', 1);
      if (midway) {
        lab.source.field('pending_bytes');
        lab.source.field('data_offset');
      }
      say('leave', [lab.source.go(2), lab.source.field('device_state')]);
      const rest = saveOddly(lab.source, () => undefined);
      say('fingerprint', fingerprint(lab.source));
      restore(lab, [...early, ...rest], say);
    }
  },
  cancel(lab, say) {
    const { source } = lab;
    source.setRegister('scratch', 0xabc);
    for (const state of [3, 2]) {
      source.go(state);
      saveOddly(source, () => undefined, 3);
      say('cancel', [source.go(1), source.field('device_state')]);
    }
    lab.destination.reset();
    source.go(2);
    restore(
      lab,
      saveOddly(source, () => undefined),
      say,
    );
  },
  sameState(lab, say) {
    for (const state of [3, 2]) {
      lab.source.reset();
      lab.destination.reset();
      lab.source.go(state);
      const stream = saveOddly(lab.source, (step, count) => {
        if (step === 'pending' && count === 3) say('again', lab.source.go(state));
      });
      if (state === 3) lab.source.go(2);
      restore(lab, [...stream, ...saveOddly(lab.source, () => undefined)], say);
    }
  },
  roundtrip(lab, say) {
    const stream = saved(lab);
    restore(lab, stream, say);
    lab.destination.go(2);
    const second = saveOddly(lab.destination, () => undefined);
    say('second', second.length);
    lab.source.reset();
    lab.source.go(4);
    say('back', [lab.source.resume(second), lab.source.go(1), fingerprint(lab.source)]);
  },
  overwritten(lab, say) {
    const stream = saved(lab);
    const { destination } = lab;
    destination.go(4);
    for (const buffer of stream) {
      const offset = Number(destination.field('data_offset'));
      say('offset', offset);
      destination.rawWrite(offset, buffer);
      say('data_size', destination.setField('data_size', BigInt(buffer.length)));
      destination.rawWrite(offset, new Uint8Array(buffer.length).fill(0xff));
    }
    say('running', [destination.go(1), fingerprint(destination)]);
  },
  badStreams(lab, say) {
    const stream = saved(lab);
    const foreign = new Uint8Array(100).fill(1);
    const flipped = stream.map((buffer) => buffer.map((byte, at) => (at === 60 ? byte ^ 1 : byte)));
    for (const bad of [
      [],
      flipped,
      stream.slice(0, -1),
      stream.slice(0, 3),
      [foreign],
      [...stream.slice(0, 2), foreign, ...stream.slice(2)],
    ]) {
      lab.destination.reset();
      restore(lab, bad, say);
    }
    lab.destination.reset();
    lab.destination.go(4);
    for (const size of [1n << 20n, 1n << 32n, 1n << 40n, 0xffff_ffff_ffff_ffffn])
      say(`size ${size}`, lab.destination.setField('data_size', size));
    lab.destination.reset();
    lab.destination.go(4);
    lab.destination.resume(stream.slice(0, 4));
    say('reset', [lab.destination.reset(), lab.destination.state(), fingerprint(lab.destination)]);
    lab.host.sleep(100);
    say('resuming later', lab.destination.go(4));
  },
  resumingIsStill(lab, say) {
    const { destination, host } = lab;
    destination.enableDma();
    const memory = lab.allocate(4096);
    lab.map(memory, 0x1_0000_0000n);
    destination.setRegister('dmaDestination', 0x1_0000_0000n, 8);
    destination.setRegister('dmaCount', 64n, 8);
    destination.setRegister('dmaCommand', 0x19);
    destination.setRegister('dmaPattern', 0x99n, 8);
    destination.go(4);
    host.poke(memory, 0, new Uint8Array(64));
    const counter = destination.register('counter');
    host.sleep(50);
    const seen = new Uint8Array(64);
    host.peek(memory, 0, seen);
    say('still', [seen, destination.register('counter') === counter]);
  },
  resets(lab, say) {
    for (const state of STATES) {
      walkTo(lab.source, state);
      lab.source.setRegister('scratch', 5);
      const seen = (): unknown => [
        lab.source.reset(),
        lab.source.field('device_state'),
        lab.source.register('scratch'),
      ];
      say(`reset in ${state}`, [seen(), seen()]);
    }
  },
  iommuInfo(lab, say) {
    const ask = (): void => {
      for (const argsz of [12, 16, 20, 24, 68, 72, 96, 100, 104, 116, 120, 256])
        say(`info ${argsz}`, infoBytes(lab, lab.container, ioctl('VFIO_IOMMU_GET_INFO'), argsz));
    };
    ask();
    const memory = lab.allocate(4096);
    for (let count = 0n; count < 10n; count++) say('map', lab.map(memory, 0x1_0000_0000n + count * 4096n));
    ask();
    say('unmap', lab.unmap(0x1_0000_0000n, 3n * 4096n));
    ask();
  },
  dirtyFlags(lab, say) {
    for (const flags of [0, 2, 1, 1, 2, 2, 3, 5, 6, 7, 8, 9]) say(`flags ${flags}`, lab.dirty(flags));
  },
  dirtyLog(lab, say) {
    const { source } = lab;
    const start = 0x1_0000_0000n;
    const page = BigInt(lab.host.facts.pageSize);
    const memory = lab.allocate(Number(page) * 256);
    source.enableDma();
    say('off', [lab.dirtyPages(start, page), lab.unmapWithBitmap(start, page)]);
    lab.map(memory, start, 70n * page);
    say('off', [
      lab.dirtyPages(start, 70n * page),
      lab.unmapWithBitmap(start, 70n * page),
      lab.map(memory, start, 70n * page),
    ]);
    say('start', lab.dirty(1));
    lab.map(memory, start + 128n * page, 64n * page, 3, 70n * page);
    for (const at of [0n, 63n * page, 69n * page + 5n, 130n * page - 4n, 140n * page]) source.fill(start + at, 8);
    source.fill(start + 150n * page, 128);
    say('get', lab.dirtyPages(start, 256n * page));
    source.fill(start + 3n * page, 200);
    source.go(3);
    source.fill(start + 4n * page, 200);
    say('again', lab.dirtyPages(start, 256n * page));
    say('first mapping', lab.dirtyPages(start, 70n * page));
    source.fill(start + 5n * page, 200);
    say('stop', [lab.dirty(2), lab.dirtyPages(start, 70n * page), lab.dirty(1), lab.dirtyPages(start, 70n * page)]);
    source.fill(start + 64n * page, 200);
    say('unmap', [lab.unmapWithBitmap(start, 70n * page), lab.unmap(start, 70n * page)]);
  },
  dirtyArguments(lab, say) {
    const start = 0x1_0000_0000n;
    const page = BigInt(lab.host.facts.pageSize);
    const memory = lab.allocate(Number(page) * 66);
    lab.map(memory, start);
    lab.dirty(1);
    const get = (iova: bigint, size: bigint, pgsize: bigint, bytes: bigint, argsz = 48): unknown => {
      const bitmap = lab.allocate(64);
      lab.host.poke(bitmap, 0, new Uint8Array(64).fill(0xcc));
      const result = lab.rawGet(iova, size, pgsize, bytes, bitmap.address, argsz);
      const seen = new Uint8Array(64);
      lab.host.peek(bitmap, 0, seen);
      return [result, Buffer.from(seen).toString('hex')];
    };
    const whole = 66n * page;
    for (const bytes of [0n, 1n, 8n, 9n, 15n, 16n, 24n, (1n << 28n) + 8n])
      say(`bytes ${bytes}`, get(start, whole, page, bytes));
    say('a byte', get(start + whole, 8n * page, page, 1n));
    for (const pgsize of [page / 2n, 2n * page]) say(`pgsize ${pgsize}`, get(start, whole, pgsize, 24n));
    for (const argsz of [8, 40, 47, 48, 56]) say(`argsz ${argsz}`, get(start, whole, page, 16n, argsz));
    say('cut', [get(start + page, whole, page, 16n), get(start, page, page, 16n)]);
    say('odd', [get(start, whole + 5n, page, 24n), get(start + 1n, whole, page, 24n), get(start, 0n, page, 16n)]);
    say('hole', [get(start + whole, page, page, 8n), get(start, whole + page, page, 16n)]);
    for (const [bytes, argsz] of [
      [8, 48],
      [16, 24],
      [16, 40],
      [16, 48],
    ] as const) {
      const call = new Uint8Array(48);
      const { byteOrder } = lab.host.facts;
      writeScalar(call, 0, 4, argsz, byteOrder);
      writeScalar(call, 4, 4, 1, byteOrder);
      [start, whole, page, BigInt(bytes), lab.allocate(64).address].forEach((value, at) => {
        writeScalar(call, 8 + at * 8, 8, value, byteOrder);
      });
      say(`unmap ${bytes} ${argsz}`, [
        lab.host.ioctl(lab.container, ioctl('VFIO_IOMMU_UNMAP_DMA'), call),
        lab.map(memory, start),
      ]);
    }
  },
  twoDevices(lab, say) {
    const start = 0x1_0000_0000n;
    lab.map(lab.allocate(65536), start);
    lab.destination.enableDma();
    lab.dirty(1);
    lab.destination.fill(start, 300);
    say('second device', lab.dirtyPages(start, 65536n));
  },
  ...scenesAsActs(),
};

function scenesAsActs(): Record<string, Act> {
  const acts = Object.entries(INDEPENDENT_SCENES).map(([name, scene]): [string, Act] => [
    name,
    (lab, say) => say('seen', scene(lab)),
  ]);
  return Object.fromEntries(acts);
}
