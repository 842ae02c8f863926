/** `--host`: where the devices are. */
import { UsageError } from './exit';

/** Only this machine's own devices can be reached so far; another host is refused rather than ignored. */
export function checkHost(host: string): void {
  if (host === 'local') return;
  if (/^(ssh:\S+|unix:\S+)$/.test(host))
    throw new UsageError(
      `--host ${host}: this version reaches only the devices of the machine it runs on`,
      'Run vfio-conformance there, with --host local.',
    );
  throw new UsageError(`--host ${host}: a host is local, ssh:[USER@]HOST or unix:PATH`);
}
