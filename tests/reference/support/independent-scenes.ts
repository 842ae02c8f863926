import { writeScalar } from '../../../runner/abi/scalar';
import type { HostMemory } from '../../../runner/host/vfio-host';
import { type Device, ioctl, type Lab, type Stream } from './reference-lab';

/** What a user sees who goes where one of the independent faults lies; a correct device and a faulty one show different things. */
export type Scene = (lab: Lab) => unknown;

const START = 0x1_0000_0000n;
const RUNNING = 1;
const STOP_AND_COPY = 2;
const PRE_COPY = 3;
const RESUMING = 4;
/** Buffers after which a save of up to 1 MiB has come to its end, if it ever does; in pre-copy fewer will do. */
const MOST_BUFFERS = 300;
const MOST_IN_PRE_COPY = 40;
/** DMA commands: start, fill with the pattern, repeat. */
const ONCE = 0b0_1001;
const FOR_EVER = 0b1_1001;

/** An eventfd at vector 0 of an IRQ index; undefined where the device refuses it. */
export function listen(lab: Lab, device: Device, index: number): number | undefined {
  const event = lab.host.eventfd();
  const call = new Uint8Array(24);
  [24, 0x24, index, 0, 1, event].forEach((value, at) => {
    writeScalar(call, at * 4, 4, value, lab.host.facts.byteOrder);
  });
  return lab.host.ioctl(device.fd, ioctl('VFIO_DEVICE_SET_IRQS'), call) < 0 ? undefined : event;
}

/** How often an eventfd was signalled since it was asked last. */
export function signals(lab: Lab, event: number | undefined): number {
  if (event === undefined) return 0;
  const count = new Uint8Array(8);
  return lab.host.read(event, count) < 0 ? 0 : (count[0] ?? 0) + (count[7] ?? 0);
}

/** A mapped page into which the device is made to write, again and again where the command says so. */
export function writing(lab: Lab, device: Device, command: number): HostMemory {
  const memory = lab.allocate(lab.host.facts.pageSize);
  lab.map(memory, START);
  device.enableDma();
  device.setRegister('dmaDestination', START, 8);
  device.setRegister('dmaCount', 64n, 8);
  device.setRegister('dmaPattern', 0x5555_5555_5555_5555n, 8);
  device.setRegister('dmaCommand', command);
  return memory;
}

/** Whether anything was written since the memory was wiped. */
export function written(lab: Lab, memory: HostMemory): boolean {
  const bytes = new Uint8Array(64);
  lab.host.peek(memory, 0, bytes);
  return bytes.some((byte) => byte !== 0);
}

export function wipe(lab: Lab, memory: HostMemory): void {
  lab.host.poke(memory, 0, new Uint8Array(64));
}

function fingerprint(device: Device): string {
  return `${device.register('scratch')} ${device.register('digest')}`;
}

/** What came of a restore: the last results, and whether the source's state is there. */
function arrival({ source, destination }: Lab, stream: Stream): unknown {
  const entered = destination.go(RESUMING);
  const given = destination.resume(stream);
  return [entered, given, destination.go(RUNNING), fingerprint(destination) === fingerprint(source)];
}

/** The migration region's mapping of one page, or -errno. */
function mapPage({ host, region, fd }: Device, offset: bigint): HostMemory | number {
  return host.mmap(fd, host.facts.pageSize, (region << 40n) + offset, { read: true, write: true });
}

export const INDEPENDENT_SCENES: Readonly<Record<string, Scene>> = {
  afterFailedTransition({ source, host }) {
    source.setRegister('inject', 2);
    const result = source.go(0);
    const before = source.register('counter');
    host.sleep(5);
    return [result, source.state(), source.register('counter') > before];
  },
  resumeAfterHalfAResume(lab) {
    lab.source.setRegister('scratch', 7);
    lab.source.go(STOP_AND_COPY);
    const stream = lab.source.save(MOST_BUFFERS);
    lab.destination.go(RESUMING);
    lab.destination.resume(stream.slice(0, 2));
    lab.destination.reset();
    return arrival(lab, stream);
  },
  closedInMidIteration({ source, host }) {
    source.go(PRE_COPY);
    source.field('pending_bytes');
    source.field('data_offset');
    try {
      return host.close(source.fd);
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  },
  interruptOfStoppedTransfer(lab) {
    const seen: number[] = [];
    for (const state of [0, STOP_AND_COPY]) {
      lab.source.reset();
      const event = listen(lab, lab.source, 1) ?? listen(lab, lab.source, 0);
      writing(lab, lab.source, ONCE);
      lab.source.go(state);
      signals(lab, event);
      lab.host.sleep(200);
      seen.push(signals(lab, event));
    }
    return seen;
  },
  transferInSaveLoop(lab) {
    const memory = writing(lab, lab.source, FOR_EVER);
    lab.host.sleep(3);
    lab.source.go(STOP_AND_COPY);
    wipe(lab, memory);
    lab.host.sleep(50);
    const waiting = written(lab, memory);
    lab.source.save(2);
    return [waiting, written(lab, memory)];
  },
  transferOfSavedState(lab) {
    const memory = writing(lab, lab.source, FOR_EVER);
    lab.host.sleep(3);
    lab.source.go(STOP_AND_COPY);
    const stream = lab.source.save(MOST_BUFFERS);
    const { destination } = lab;
    destination.enableDma();
    destination.go(RESUMING);
    wipe(lab, memory);
    destination.resume(stream);
    const whileResuming = written(lab, memory);
    destination.go(RUNNING);
    lab.host.sleep(3);
    return [whileResuming, written(lab, memory)];
  },
  saveAfterDrainedPreCopy(lab) {
    const { source } = lab;
    source.go(PRE_COPY);
    const early = source.save(MOST_IN_PRE_COPY);
    const left = source.go(STOP_AND_COPY);
    const rest = source.save(MOST_BUFFERS);
    return [left, rest.length > 0, arrival(lab, [...early, ...rest])];
  },
  changeWhileItsBufferIsRead(lab) {
    const { source } = lab;
    source.go(PRE_COPY);
    const early = source.save(1);
    source.field('pending_bytes');
    const offset = Number(source.field('data_offset'));
    early.push(source.data(offset, Number(source.field('data_size'))));
    source.setRegister('mutate', 1);
    source.field('pending_bytes');
    source.go(STOP_AND_COPY);
    return arrival(lab, [...early, ...source.save(MOST_BUFFERS)]);
  },
  registersSetInPreCopy(lab) {
    const { source } = lab;
    source.setRegister('scratch', 1);
    source.go(PRE_COPY);
    const early = source.save(2);
    source.setRegister('scratch', 2);
    source.go(STOP_AND_COPY);
    return [arrival(lab, [...early, ...source.save(MOST_BUFFERS)]), lab.destination.register('scratch')];
  },
  offsetReadAgain({ source }) {
    source.go(STOP_AND_COPY);
    return [1, 2, 3].map(() => {
      source.field('pending_bytes');
      const first = source.field('data_offset');
      return [1, 2, 3].map(() => source.field('data_offset') === first);
    });
  },
  saveAfterCancelInMidBuffer(lab) {
    const { source } = lab;
    source.go(PRE_COPY);
    source.save(1);
    source.field('pending_bytes');
    source.field('data_offset');
    const cancelled = source.go(RUNNING);
    source.go(STOP_AND_COPY);
    return [cancelled, arrival(lab, source.save(MOST_BUFFERS))];
  },
  largeBuffers(lab) {
    lab.source.go(STOP_AND_COPY);
    const stream = lab.source.save(MOST_BUFFERS);
    return [Math.max(...stream.map((buffer) => buffer.length)), arrival(lab, stream)];
  },
  givenInPieces(lab) {
    const { source, destination } = lab;
    source.setRegister('scratch', 8);
    source.go(STOP_AND_COPY);
    destination.go(RESUMING);
    const results = source.save(MOST_BUFFERS).map((buffer) => {
      const offset = Number(destination.field('data_offset'));
      for (let at = 0; at < buffer.length; at += 1024) destination.rawWrite(offset + at, buffer.slice(at, at + 1024));
      return destination.setField('data_size', BigInt(buffer.length));
    });
    return [Math.min(...results), destination.go(RUNNING), fingerprint(destination) === fingerprint(source)];
  },
  memorySentTwice(lab) {
    const { source, destination } = lab;
    return [false, true].map((twice) => {
      source.reset();
      destination.reset();
      source.setRegister('mutate', 9);
      source.go(PRE_COPY);
      const early = source.save(MOST_IN_PRE_COPY);
      if (twice) source.setRegister('mutate', 5);
      source.go(STOP_AND_COPY);
      return arrival(lab, [...early, ...source.save(MOST_BUFFERS)]);
    });
  },
  eachBufferByMapping({ source, host }) {
    source.go(STOP_AND_COPY);
    return [1, 2, 3].map(() => {
      source.field('pending_bytes');
      const offset = source.field('data_offset');
      const memory = mapPage(source, BigInt(offset));
      if (typeof memory === 'number') return memory;
      const bytes = new Uint8Array(40);
      host.peek(memory, 0, bytes);
      host.munmap(memory);
      return Buffer.from(bytes).equals(source.data(Number(offset), 40));
    });
  },
  rangeThatBeginsWithAHole(lab) {
    const page = BigInt(lab.host.facts.pageSize);
    lab.source.enableDma();
    lab.map(lab.allocate(Number(page) * 64), START + 64n * page);
    lab.dirty(1);
    lab.source.fill(START + 67n * page, 8);
    const seen = lab.dirtyPages(START, 128n * page);
    return typeof seen === 'number' ? seen : [seen.includes(67), seen.some((bit) => bit < 64)];
  },
  longRangeUnmapped(lab) {
    const page = BigInt(lab.host.facts.pageSize);
    lab.source.enableDma();
    lab.map(lab.allocate(Number(page) * 130), START);
    lab.dirty(1);
    for (const at of [1n, 70n, 129n]) lab.source.fill(START + at * page, 8);
    const seen = lab.unmapWithBitmap(START, 130n * page);
    return typeof seen === 'number' ? seen : [1, 70, 129].map((bit) => seen.includes(bit));
  },
  oneWriteOverTwoMappings(lab) {
    const page = BigInt(lab.host.facts.pageSize);
    lab.source.enableDma();
    for (const at of [0n, 64n]) lab.map(lab.allocate(Number(page) * 64), START + at * page);
    lab.dirty(1);
    lab.source.fill(START + 64n * page - 16n, 32);
    const seen = lab.dirtyPages(START, 128n * page);
    return typeof seen === 'number' ? seen : [63, 64].map((bit) => seen.includes(bit));
  },
  infoInEachState({ source }) {
    return [1, 0, 1, STOP_AND_COPY].map((state) => {
      source.go(state);
      return source.info().flags;
    });
  },
  whichIndexInterrupts(lab) {
    const events = [0, 1].map((index) => listen(lab, lab.source, index));
    lab.source.setRegister('interruptRaise', 1);
    return events.map((event) => signals(lab, event));
  },
};
