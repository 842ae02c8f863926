/** `lab shell`: this terminal becomes the guest's console, with every device bound to vfio-pci. */

import { labDevices } from '../devices';
import { LabFailure } from '../failure';
import { concludeGuest, type Lab, prepareGuest, runInGuest, shellQuote } from '../session';

export async function shell(lab: Lab): Promise<number> {
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw new LabFailure('lab shell needs a terminal', 'In a script, use: npm run lab -- exec COMMAND', 2);
  }
  const guest = await prepareGuest(lab);
  const { rows, columns } = process.stdout;
  const terminal = [
    `export TERM=${shellQuote(process.env.TERM ?? 'linux')}`,
    // A serial line does not know how large the window is.
    ...(rows > 0 && columns > 0 ? [`stty rows ${rows} cols ${columns}`] : []),
  ];
  const greeting = [
    'The project is /kit (read-only), /results comes back to the host. Devices on vfio-pci:',
    ...labDevices.map(({ address, name, what }) => `  ${address}  ${name}: ${what}`),
    'exit, or Ctrl-D, powers off.',
  ].join('\n');
  const text = [...terminal, "cat <<'GREETING'", greeting, 'GREETING', 'exec sh -l'].join('\n');
  const { outcome, folder } = await runInGuest(lab, guest, { purpose: 'shell', shell: text, interactive: true });
  // The last command that was tried by hand decides nothing.
  return concludeGuest(lab, outcome, folder) === 3 ? 3 : 0;
}
