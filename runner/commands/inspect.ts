/** `inspect DEVICE`: what a device says of itself. Opens it, asks, and closes it; nothing is written to it. */
import type { Command } from 'commander';
import type { Act } from './main';
import { EXIT } from './support/exit';
import { checkHost } from './support/host-option';
import { jsonText } from './support/printable';
import { colorsFor, print } from './support/terminal';

export function declare(command: Command, act: Act): void {
  command
    .argument('<device>', 'a PCI address, the UUID of a mediated device, or reference[:...]')
    .option('--json', 'as JSON')
    .option('--host <host>', 'where the device is: local, ssh:[USER@]HOST or unix:PATH', 'local')
    .action(act(inspect));
}

async function inspect(device: string, options: { readonly json?: true; readonly host: string }): Promise<number> {
  checkHost(options.host);
  const { checkDevice } = require('./support/device-names') as typeof import('./support/device-names');
  const { askChild } = require('./inspection/ask-child') as typeof import('./inspection/ask-child');
  const { inspectText } = require('./inspection/text') as typeof import('./inspection/text');
  checkDevice(device, 'DEVICE');
  const report = await askChild(device, { host: options.host });
  if (options.json) process.stdout.write(jsonText(report));
  else print(inspectText(report, colorsFor(process.stdout)));
  return EXIT.fine;
}
