/** `agent install HOST`: copies the agent for the machine's architecture there through ssh, and greets it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Act } from './main';
import { CannotRun, EXIT, UsageError } from './support/exit';
import { printable } from './support/printable';
import { print } from './support/terminal';

/** A binary of less than a megabyte, over a slow line. */
const COPY_MS = 120_000;

export function declare(command: Command, act: Act): void {
  command
    .command('install')
    .summary('copy the agent to a machine, into .local/bin of the user')
    .description('Copies the agent to a machine, into .local/bin of the user that ssh logs in as.')
    .argument('<host>', '[USER@]HOST, as ssh takes it')
    .action(act(install));
}

function install(name: string): number {
  const { parseHostName } = require('../host/agent/host-name') as typeof import('../host/agent/host-name');
  const { INSTALLED_AGENT } = require('../host/agent/connections') as typeof import('../host/agent/connections');
  const host = parseHostName(name.startsWith('ssh:') ? name : `ssh:${name}`);
  if (host?.kind !== 'ssh') throw new UsageError(`${name}: a host to install on is [USER@]HOST`);
  const architecture = remotely(host.target, ['uname', '-m']).trim();
  const program = agentFor(architecture);
  // Written beside, then renamed: an agent that is running is not written over, and half a copy never runs.
  const place = INSTALLED_AGENT;
  const script = `mkdir -p ${path.dirname(place)} && cat > ${place}.new && chmod 755 ${place}.new && mv ${place}.new ${place}`;
  remotely(host.target, [script], readFileSync(program));
  const facts = greet(`ssh:${host.target}`);
  print(
    printable(
      `installed as ${place} on ${facts.name} (${facts.architecture}, ${facts.kernelRelease}, ${facts.byteOrder}-endian)`,
    ),
  );
  print(`Its devices: vfio-conformance devices --host ssh:${host.target}`);
  return EXIT.fine;
}

function agentFor(architecture: string): string {
  const { PACKAGE_ROOT } = require('../language') as typeof import('../language');
  const program = path.join(PACKAGE_ROOT, 'dist/agent', architecture, 'vfio-conformance-agent');
  if (!/^\w+$/.test(architecture) || !existsSync(program))
    throw new CannotRun(
      `there is no agent for ${printable(architecture)} here`,
      'Build it: `npm run agent:build` says which compilers it wants. Or compile the folder agent/ on that machine with make.',
    );
  return program;
}

/** What the command said. @throws CannotRun */
function remotely(target: string, remote: readonly string[], input?: Buffer): string {
  const { sshCommand } = require('../host/agent/connections') as typeof import('../host/agent/connections');
  const [ssh = '', ...words] = sshCommand(target, remote);
  const done = spawnSync(ssh, words, {
    timeout: COPY_MS,
    ...(input ? { input } : { stdio: ['ignore', 'pipe', 'pipe'] }),
  });
  if (done.error) throw new CannotRun(`${ssh} cannot be run: ${done.error.message}`);
  if (done.status === 0) return done.stdout.toString();
  const said = done.stderr.toString().trim().split('\n').at(-1) ?? '';
  throw new CannotRun(
    `ssh to ${target} ended with ${done.status ?? done.signal}${said === '' ? '' : `: ${said}`}`,
    `See whether \`ssh ${target} ${remote[0]?.split(' ')[0] ?? ''}\` works without a question.`,
  );
}

function greet(name: string): import('../host/vfio-host').HostFacts {
  const { createHost } = require('../host/create-host') as typeof import('../host/create-host');
  const { HostUnavailable } = require('../host/host-unavailable') as typeof import('../host/host-unavailable');
  try {
    const host = createHost(name);
    host.dispose();
    return host.facts;
  } catch (error) {
    if (error instanceof HostUnavailable) throw new CannotRun(error.reason, error.remedy);
    throw error;
  }
}
