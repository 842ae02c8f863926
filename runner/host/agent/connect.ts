/** From a host's name to an AgentHost: connects, greets, and keeps a connection for the next host where that is wished. */
import { performance } from 'node:perf_hooks';
import { HostUnavailable } from '../host-unavailable';
import { HostLost, type VfioHost } from '../vfio-host';
import { AgentHost } from './agent-host';
import { Channel, type Connection } from './channel';
import { connectUnix, INSTALLED_AGENT, sshCommand, startProgram } from './connections';
import { greet } from './greeting';
import type { HostName } from './host-name';

/** Until the agent greets: a login over a slow line. */
const GREETING_MS = 20_000;
/** A virtual port carries what an earlier kit left; then its agent starts afresh, and a second greeting reaches it. */
const PORT_GREETING_MS = 2_000;

/** A machine that could not be reached so often, one time after the other, is not asked again by a run: each time may take a login's patience. */
const ATTEMPTS = 3;

const idle = new Map<string, Channel>();
const failed = new Map<string, number>();
let keeping = false;

/**
 * From now on connections stay open from one host to the next: for a process that runs many cases, and whose parent watches it.
 * Calls then have no deadline of their own.
 */
export function keepConnections(): void {
  keeping = true;
}

export interface AgentOptions {
  /** Let the agent make ioctls that it does not know; where its administrator bound it to a command, that command decides. */
  readonly rawIoctl?: boolean;
}

/** @throws HostUnavailable */
export function connectAgent(host: Exclude<HostName, { kind: 'local' }>, options: AgentOptions = {}): VfioHost {
  const name = host.kind === 'ssh' ? `ssh:${host.target}` : `unix:${host.path}`;
  // At a socket the agent's own start decides what it may do; and it serves one connection, never a second beside it.
  const key = host.kind === 'unix' ? name : JSON.stringify([name, options.rawIoctl === true]);
  const kept = idle.get(key);
  idle.delete(key);
  if (kept !== undefined && !kept.lost) {
    try {
      return hostOn(kept, key, PORT_GREETING_MS);
    } catch (error) {
      // Gone while nobody used it: connect again.
      kept.close();
      if (!(error instanceof HostLost)) throw error;
    }
  }
  return patiently(key, name, () => newConnection(host, name, key, options));
}

function newConnection(
  host: Exclude<HostName, { kind: 'local' }>,
  name: string,
  key: string,
  options: AgentOptions,
): VfioHost {
  if (host.kind === 'ssh') {
    const words = sshCommand(host.target, [INSTALLED_AGENT, ...(options.rawIoctl ? ['--raw-ioctl'] : [])]);
    return greeted(() => hostOn(new Channel(startProgram(name, words)), key, GREETING_MS), SSH_REMEDY);
  }
  return greeted(() => onPort(() => connectUnix(name, host.path), key), PORT_REMEDY);
}

/** @throws HostUnavailable, and at once when that has happened too often. */
function patiently(key: string, name: string, connect: () => VfioHost): VfioHost {
  const before = failed.get(key) ?? 0;
  if (keeping && before >= ATTEMPTS)
    throw new HostUnavailable(
      `${name} could not be reached ${ATTEMPTS} times running, and is not asked again in this run`,
      'See whether the machine is up, and run again.',
    );
  try {
    const host = connect();
    failed.delete(key);
    return host;
  } catch (error) {
    failed.set(key, before + 1);
    throw error;
  }
}

/** An agent that is started here as a child. @throws HostUnavailable */
export function startAgent(words: readonly string[]): VfioHost {
  return greeted(() => hostOn(new Channel(startProgram(words[0] ?? '', words)), undefined, GREETING_MS), '');
}

const SSH_REMEDY =
  'See whether `ssh HOST` works without a question, and install the agent there: `vfio-conformance agent install HOST`.';
const PORT_REMEDY = 'See whether an agent runs behind the socket, and whether another run is connected to it.';

function greeted(connect: () => VfioHost, remedy: string): VfioHost {
  try {
    return connect();
  } catch (error) {
    if (error instanceof HostLost)
      throw new HostUnavailable(`no agent answers: ${error.message}`, remedy, { cause: error });
    throw error;
  }
}

function onPort(connect: () => Connection, key: string): VfioHost {
  const deadline = performance.now() + GREETING_MS;
  for (;;) {
    try {
      return hostOn(new Channel(connect()), key, PORT_GREETING_MS);
    } catch (error) {
      // Ends: each turn takes until its greeting's deadline, or is counted against the whole.
      if (!(error instanceof HostLost) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

function hostOn(channel: Channel, key: string | undefined, greetingMs: number): VfioHost {
  if (keeping) channel.longestCallMs = Number.POSITIVE_INFINITY;
  const facts = greet(channel, greetingMs);
  return new AgentHost(channel, facts, (used) => {
    if (keeping && key !== undefined && !used.lost && !idle.has(key)) idle.set(key, used);
    else used.close();
  });
}
