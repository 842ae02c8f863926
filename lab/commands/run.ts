/** `lab run ARGS...`: a command of the kit in the guest, its reports brought back. */
import { concludeGuest, type Lab, prepareGuest, requireKit, runInGuest, shellQuote } from '../session';

export async function run(lab: Lab): Promise<number> {
  requireKit(lab);
  const guest = await prepareGuest(lab);
  const shell = ['exec', 'node', 'bin/vfio-conformance.js', ...lab.command.args].map(shellQuote).join(' ');
  const { outcome, folder } = await runInGuest(lab, guest, { purpose: 'run', shell });
  return concludeGuest(lab, outcome, folder);
}
