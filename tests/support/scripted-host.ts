/** A VfioHost that does as another one does, except where a test says otherwise, and that remembers every call. */
import { type IoctlName, type IoctlTarget, ioctlName } from '../../runner/abi';
import { createReferenceHost, type ReferenceHostOptions } from '../../runner/host/reference/create-reference-host';
import type { VfioHost } from '../../runner/host/vfio-host';

type Call = Exclude<keyof VfioHost, 'facts'>;

/** What a test puts in a call's place: `next` makes the real one. */
export type Script = {
  [K in Call]?: (next: VfioHost[K], ...args: Parameters<VfioHost[K]>) => ReturnType<VfioHost[K]>;
};

export interface RecordedCall {
  readonly call: Call;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

export interface ScriptedHost extends VfioHost {
  readonly calls: RecordedCall[];
  /** May be changed at any time. */
  script: Script;
  /** Descriptors that were given out and not closed. */
  openDescriptors(): readonly number[];
  /** Memory that was given out and not unmapped. */
  liveMemory(): number;
}

export function scriptedHost(inner: VfioHost, script: Script = {}): ScriptedHost {
  const calls: RecordedCall[] = [];
  const open = new Set<number>();
  let memory = 0;
  const extras = {
    calls,
    script,
    openDescriptors: () => [...open],
    liveMemory: () => memory,
  };
  const record = (call: Call, args: readonly unknown[], result: unknown): void => {
    calls.push({ call, args, result });
    const deviceFd = call === 'ioctl' && ioctlOf(args, 'group') === 'VFIO_GROUP_GET_DEVICE_FD';
    if ((call === 'open' || call === 'eventfd' || deviceFd) && typeof result === 'number' && result >= 0) {
      open.add(result);
    } else if (call === 'close' && typeof args[0] === 'number') {
      if (!open.delete(args[0])) {
        throw new Error(`descriptor ${args[0]} is closed, but it is not open`);
      }
    } else if ((call === 'mmap' || call === 'allocate') && typeof result === 'object') {
      memory++;
    } else if (call === 'munmap' && result === 0) {
      memory--;
    }
  };
  return new Proxy(inner, {
    get(target, name) {
      if (name in extras) {
        return Reflect.get(extras, name);
      }
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      return (...args: unknown[]) => {
        const call = name as Call;
        const next = value.bind(target) as (...args: unknown[]) => unknown;
        const replacement = extras.script[call] as ((...args: unknown[]) => unknown) | undefined;
        const result = replacement ? replacement(next, ...args) : next(...args);
        record(call, args, result);
        return result;
      };
    },
    set(_target, name, value) {
      return Reflect.set(extras, name, value);
    },
  }) as ScriptedHost;
}

/** A scripted host on a reference device. */
export function scriptedReference(
  device: string,
  script: Script = {},
  options: Partial<ReferenceHostOptions> = {},
): ScriptedHost {
  return scriptedHost(createReferenceHost({ device, ...options }), script);
}

/** The name of the ioctl in the arguments of a recorded or scripted call. */
export function ioctlOf(args: readonly unknown[], target?: IoctlTarget): string {
  return ioctlName(Number(args[1]), 'generic', target);
}

/** A script that answers one ioctl itself; numbers that two kinds of descriptor use are told apart by `target`. */
export function onIoctl(
  name: IoctlName,
  target: IoctlTarget,
  answer: (argument: Uint8Array, next: () => number) => number,
): Script {
  return {
    ioctl: (next, fd, request, argument) =>
      ioctlName(request, 'generic', target) === name
        ? answer(argument instanceof Uint8Array ? argument : new Uint8Array(), () => next(fd, request, argument))
        : next(fd, request, argument),
  };
}
