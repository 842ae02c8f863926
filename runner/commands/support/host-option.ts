/** `--host`: where the devices are. */
import { parseHostName } from '../../host/agent/host-name';
import { UsageError } from './exit';

/** Says whether it is a host's name; nothing is connected. @throws UsageError */
export function checkHost(host: string): void {
  if (parseHostName(host) === undefined)
    throw new UsageError(`--host ${host}: a host is local, ssh:[USER@]HOST or unix:PATH`);
}
