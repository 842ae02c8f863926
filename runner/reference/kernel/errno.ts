import { ERRNO } from '../../abi/errno';

/** What a system call returns when it fails with this errno. */
export function fail(name: keyof typeof ERRNO): number {
  return -ERRNO[name];
}
