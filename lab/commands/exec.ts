/** `lab exec COMMAND...`: a shell command in the guest. One word is shell text; several are a command and its arguments. */
import { concludeGuest, type Lab, prepareGuest, runInGuest, shellQuote } from '../session';

export async function exec(lab: Lab): Promise<number> {
  const { args } = lab.command;
  const guest = await prepareGuest(lab);
  const shell = args.length === 1 ? (args[0] ?? '') : args.map(shellQuote).join(' ');
  const { outcome, folder } = await runInGuest(lab, guest, { purpose: 'exec', shell });
  return concludeGuest(lab, outcome, folder);
}
