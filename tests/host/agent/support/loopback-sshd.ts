/** An sshd of our own on this machine's loopback, with keys and configuration in a folder, and the ssh configuration that reaches it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface LoopbackSshd {
  /** For VFIO_CONFORMANCE_SSH; the host's name is `lab`. */
  readonly ssh: string;
  readonly pid: number;
  stop(): void;
}

/** @param command what the key is bound to; without it the key gives a shell */
export async function startSshd(folder: string, command?: string): Promise<LoopbackSshd> {
  const file = (name: string): string => path.join(folder, name);
  fs.mkdirSync(folder, { recursive: true });
  for (const key of ['host_key', 'user_key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  const bound = command === undefined ? '' : `restrict,command="${command.replaceAll('"', '\\"')}" `;
  fs.writeFileSync(file('authorized_keys'), bound + fs.readFileSync(file('user_key.pub'), 'utf8'), { mode: 0o600 });
  const port = await freePort();
  fs.writeFileSync(
    file('sshd_config'),
    [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host_key')}`, 'PidFile none', 'UsePAM no'],
      ...[`AuthorizedKeysFile ${file('authorized_keys')}`, 'StrictModes no', 'PasswordAuthentication no'],
      'PermitRootLogin prohibit-password',
    ].join('\n'),
  );
  fs.writeFileSync(
    file('ssh_config'),
    [
      ...['Host lab', 'HostName 127.0.0.1', `Port ${port}`, `User ${os.userInfo().username}`],
      ...[`IdentityFile ${file('user_key')}`, 'IdentitiesOnly yes', 'StrictHostKeyChecking accept-new'],
      `UserKnownHostsFile ${file('known_hosts')}`,
    ].join('\n'),
  );
  // Where sshd locks itself in; a container without systemd does not have it.
  if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const log = fs.openSync(file('sshd.log'), 'w');
  const child: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], {
    stdio: ['ignore', log, log],
  });
  fs.closeSync(log);
  await listening(port, () => fs.readFileSync(file('sshd.log'), 'utf8'));
  return { ssh: `ssh -F ${file('ssh_config')}`, pid: child.pid ?? 0, stop: () => void child.kill('SIGTERM') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function listening(port: number, log: () => string): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sshd does not listen: ${log()}`);
}
