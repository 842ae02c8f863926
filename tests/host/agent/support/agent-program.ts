/** The agent as it is in agent/, built for this machine, and a folder in which it finds its files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../../../..');

/** One build at a time: test files run side by side. */
function built(target: string, name: string): string {
  const out = path.join(ROOT, 'dist/.agent-test');
  mkdirSync(out, { recursive: true });
  execFileSync(
    'flock',
    [out, 'make', '--silent', '-C', path.join(ROOT, 'agent'), `OUT=${out}`, ...(target ? [target] : [])],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  return path.join(out, name);
}

/** As it is installed. */
export function agentProgram(): string {
  return built('', 'vfio-conformance-agent');
}

/** With AddressSanitizer and UBSan: an error of its own ends it. */
export function sanitizedAgent(): string {
  return built('sanitized', 'vfio-conformance-agent-asan');
}

/** The agent catches signals of loads and stores itself; it allocates nothing that could leak. */
export const SANITIZER_OPTIONS =
  'handle_segv=0:handle_sigbus=0:handle_sigill=0:allow_user_segv_handler=1:detect_leaks=0';
