/** Ways to an agent: through the system's ssh, at a unix socket (a virtual machine's serial port), or a program started here. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { errnoName } from '../../abi';
import { HostUnavailable } from '../host-unavailable';
import type { Connection } from './channel';
import { StreamSocket } from './socket-calls';

/** How long one read or write waits before the deadlines are looked at. */
const TICK_MS = 250;

/** Where `agent install` puts the agent, below the user's home, in which ssh starts. */
export const INSTALLED_AGENT = '.local/bin/vfio-conformance-agent';

/**
 * The ssh command and its options: never asks anything, and notices a machine that is gone. VFIO_CONFORMANCE_SSH names another command,
 * its words separated by spaces, for instance `ssh -F /etc/lab/ssh_config`.
 */
export function sshCommand(target: string, remote: readonly string[]): readonly string[] {
  const words = (process.env.VFIO_CONFORMANCE_SSH ?? 'ssh').split(' ').filter((word) => word !== '');
  const options = ['BatchMode=yes', 'ConnectTimeout=10', 'ServerAliveInterval=5', 'ServerAliveCountMax=2'];
  return [...words, '-T', ...options.flatMap((option) => ['-o', option]), '--', target, ...remote];
}

/** A child process whose standard input and output are the connection. @throws HostUnavailable when it cannot be started. */
export function startProgram(name: string, words: readonly string[]): Connection {
  const [program = '', ...args] = words;
  const { near, far } = StreamSocket.pair(TICK_MS);
  const errors = scratchFile();
  let child: ChildProcess;
  try {
    // A session of its own: Ctrl-C must not cut the connection before the device is reset and closed.
    child = spawn(program, args, { stdio: [far, far, errors], detached: true });
  } finally {
    fs.closeSync(far);
  }
  child.on('error', () => undefined);
  child.unref();
  const close = (): void => {
    near.close();
    if (errorsOpen) fs.closeSync(errors);
    errorsOpen = false;
  };
  let errorsOpen = true;
  if (child.pid === undefined) {
    close();
    throw new HostUnavailable(`${program} cannot be started`, `Install it, or see whether it is in the PATH.`);
  }
  return { socket: near, name, close, lastWords: () => (errorsOpen ? tail(errors) : '') };
}

/** @throws HostUnavailable when nobody listens there. */
export function connectUnix(name: string, socketPath: string): Connection {
  const socket = StreamSocket.connect(socketPath, TICK_MS);
  if (typeof socket === 'number')
    throw new HostUnavailable(
      `${name}: the socket cannot be connected (${errnoName(socket)})`,
      'The agent, or the virtual machine in which it runs, has to be started first; docs/agent.md shows how.',
    );
  return { socket, name, close: () => socket.close(), lastWords: () => '' };
}

/** A file without a name, which goes with its descriptor. */
function scratchFile(): number {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-ssh-'));
  try {
    return fs.openSync(path.join(folder, 'errors'), 'w+', 0o600);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The last line of what the program complained of. */
function tail(file: number): string {
  const bytes = Buffer.alloc(4096);
  const { size } = fs.fstatSync(file);
  const count = fs.readSync(file, bytes, 0, bytes.length, Math.max(0, size - bytes.length));
  return bytes.toString('utf8', 0, count).trim().split('\n').at(-1)?.trim() ?? '';
}
