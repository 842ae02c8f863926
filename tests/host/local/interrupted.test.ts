/** What LocalHost does when a call is interrupted, shown on a scripted C library. */
import { ERRNO } from '../../../runner/abi';
import { LocalHost, RETRIES } from '../../../runner/host/local/local-host';
import { type FakeLibc, fakeLibc } from '../support/fake-libc';

const EINTR = { errno: ERRNO.EINTR };
const bytes = new Uint8Array(8);

let libc: FakeLibc;
let host: LocalHost;
let fd: number;
beforeEach(() => {
  libc = fakeLibc();
  host = new LocalHost(libc);
  fd = host.open('/dev/vfio/7', 'read-write');
  libc.calls.length = 0;
});

test.each<[string, () => unknown]>([
  ['pread', () => host.pread(fd, bytes, 0n)],
  ['pwrite', () => host.pwrite(fd, bytes, 0n)],
  ['read', () => host.read(fd, bytes)],
])('%s is made again until it is answered', (name, call) => {
  libc.answers.push(EINTR, EINTR, 8);
  expect(call()).toBe(8);
  expect(libc.calls.map((made) => made.split('(')[0])).toEqual([name, name, name]);

  libc.answers.push(EINTR, { errno: ERRNO.EIO });
  expect(call()).toBe(-ERRNO.EIO);
});

test.each<[string, () => unknown]>([
  ['open', () => host.open('/dev/vfio/8', 'read-write')],
  ['pread', () => host.pread(fd, bytes, 0n)],
  ['pwrite', () => host.pwrite(fd, bytes, 0n)],
  ['read', () => host.read(fd, bytes)],
])('%s on a driver that always answers EINTR comes to an end', (_name, call) => {
  libc.answers.push(...Array.from({ length: RETRIES + 50 }, () => EINTR));
  expect(call()).toBe(-ERRNO.EINTR);
  expect(libc.calls).toHaveLength(RETRIES + 1);
});

test('poll goes on for the time that is left', () => {
  libc.answers.push(EINTR, EINTR, 0);
  expect(host.poll([fd], 1000)).toEqual([]);
  expect(libc.calls).toHaveLength(3);
  libc.answers.push(EINTR, EINTR);
  expect(host.poll([fd], 0)).toBe(-ERRNO.EINTR);
  libc.answers.length = 0;
  libc.answers.push({ errno: ERRNO.ENOMEM });
  expect(host.poll([fd], 0)).toBe(-ERRNO.ENOMEM);
});

test('ioctl and close are made once', () => {
  libc.answers.push(EINTR);
  expect(host.ioctl(fd, 0x3b6f, 0)).toBe(-ERRNO.EINTR);
  libc.answers.push(EINTR);
  expect(host.close(fd)).toBe(-ERRNO.EINTR);
  expect(libc.calls.map((made) => made.split('(')[0])).toEqual(['ioctlImmediate', 'close']);
  // The descriptor is gone all the same.
  expect(host.close(fd)).toBe(-ERRNO.EBADF);
});
