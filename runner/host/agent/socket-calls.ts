/** The socket calls of the C library through koffi: Node.js has no synchronous ones. */
import { constants } from 'node:os';
import { requireKoffi } from '../local/libc';

interface SocketLibrary {
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number, pair: Int32Array): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  recv(fd: number, into: Uint8Array, length: number, flags: number): number;
  send(fd: number, from: Uint8Array, length: number, flags: number): number;
  close(fd: number): number;
  errno(): number;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const [SO_RCVTIMEO, SO_SNDTIMEO] = process.arch === 'ppc64' ? [18, 19] : [20, 21];
const MSG_NOSIGNAL = 0x4000;
/** struct sockaddr_un: a family of two bytes, and a path of at most 108 with its NUL. */
const PATH_LIMIT = 108;

const { EAGAIN, EINTR } = constants.errno;

let loaded: SocketLibrary | undefined;

function library(): SocketLibrary {
  if (loaded) return loaded;
  const koffi = requireKoffi();
  const libc = koffi.load(null);
  const declare = <F>(declaration: string): F => libc.func(declaration) as unknown as F;
  loaded = {
    socket: declare('int socket(int, int, int)'),
    socketpair: declare('int socketpair(int, int, int, _Out_ void *)'),
    connect: declare('int connect(int, const void *, unsigned int)'),
    setsockopt: declare('int setsockopt(int, int, int, const void *, unsigned int)'),
    recv: declare('intptr_t recv(int, void *, size_t, int)'),
    send: declare('intptr_t send(int, const void *, size_t, int)'),
    close: declare('int close(int)'),
    errno: () => koffi.errno(),
  };
  return loaded;
}

/** A connected stream that is read and written synchronously, never longer than its tick at a time. */
export class StreamSocket {
  #open = true;

  private constructor(readonly fd: number) {}

  /** Two connected ends; the second is for a child process, as a plain descriptor. @throws Error */
  static pair(tickMs: number): { readonly near: StreamSocket; readonly far: number } {
    const ends = new Int32Array(2);
    if (library().socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
      throw new Error(`socketpair answers errno ${library().errno()}`);
    return { near: new StreamSocket(ends[0] ?? -1).tick(tickMs), far: ends[1] ?? -1 };
  }

  /** A unix socket; a number is -errno. */
  static connect(path: string, tickMs: number): StreamSocket | number {
    const name = Buffer.from(path);
    if (name.length === 0 || name.length >= PATH_LIMIT || name.includes(0)) return -constants.errno.ENAMETOOLONG;
    const libc = library();
    const fd = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -libc.errno();
    const address = new Uint8Array(2 + PATH_LIMIT);
    new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
    address.set(name, 2);
    const socket = new StreamSocket(fd).tick(tickMs);
    if (libc.connect(fd, address, address.length) === 0) return socket;
    const errno = libc.errno();
    socket.close();
    return -errno;
  }

  /** Bytes read; 0 at the end of the stream; 'nothing' when none came within the tick; a negative number is -errno. */
  receive(into: Uint8Array): number | 'nothing' {
    return this.#answer(library().recv(this.fd, into, into.length, 0));
  }

  /** Bytes taken; 'nothing' when none were within the tick. */
  send(from: Uint8Array): number | 'nothing' {
    return this.#answer(library().send(this.fd, from, from.length, MSG_NOSIGNAL));
  }

  close(): void {
    if (this.#open) library().close(this.fd);
    this.#open = false;
  }

  #answer(count: number): number | 'nothing' {
    if (count >= 0) return count;
    const errno = library().errno();
    return errno === EAGAIN || errno === EINTR ? 'nothing' : -errno;
  }

  private tick(milliseconds: number): this {
    // struct timeval on a 64-bit Linux: seconds and microseconds, eight bytes each.
    const time = new BigInt64Array([BigInt(Math.floor(milliseconds / 1000)), BigInt((milliseconds % 1000) * 1000)]);
    const bytes = new Uint8Array(time.buffer);
    for (const option of [SO_RCVTIMEO, SO_SNDTIMEO])
      library().setsockopt(this.fd, SOL_SOCKET, option, bytes, bytes.length);
    return this;
  }
}
