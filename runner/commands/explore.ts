/** `explore`: random walks over the state machine and the loops of one device, with every oracle on. */
import type { ExploreGiven } from './exploring/options';
import type { Declare } from './main';
import { CannotRun } from './support/exit';

export const declare: Declare = (command, act) => {
  command
    .requiredOption('-d, --device <device>', 'what to walk on: a PCI address, an mdev UUID, reference[:...]')
    .option(
      '--destination <device>',
      'a second device that takes the saved state, or self (default for reference: a correct one)',
    )
    .option('--host <host>', 'where the devices are', 'local')
    .option('--profile <file>', 'the device profile (default: the one in devices/ that matches)')
    .option('--seed <n>', 'decides every walk (default: 1)')
    .option('--runs <n>', 'how many walks (default: 100)')
    .option('--max-steps <n>', 'the most steps of one walk (default: 30)')
    .option('--path <n>', 'only the walk of this number, as an earlier exploration printed it')
    .option('--out <dir>', 'where the scenario of a walk that found something goes (default: results/TIME-explore)')
    .option('--json', 'write the result as JSON to standard output')
    .addHelpText('after', EXAMPLES)
    .action(act(run));
};

const EXAMPLES = `
A walk does what a user may do, in any order; a few steps provoke the device on purpose. The first walk that finds
something is shrunk to the shortest that finds the same, and written down as a scenario, which is run once more.

Examples:
  vfio-conformance explore --device reference --runs 500
  vfio-conformance explore --device 0000:00:04.0 --destination self --seed 7

Exit codes: 0 nothing found; 1 something found; 2 wrong usage; 3 a walk that could not be finished, or a device that
is missing, busy or forbidden.`;

async function run(given: ExploreGiven): Promise<number> {
  const { checkExploreOptions } = require('./exploring/options') as typeof import('./exploring/options');
  const { HostUnavailable } = require('../host/host-unavailable') as typeof import('../host/host-unavailable');
  const options = checkExploreOptions(given);
  const { exploreDevice } = require('./exploring/flow') as typeof import('./exploring/flow');
  try {
    return await exploreDevice(options);
  } catch (error) {
    if (error instanceof HostUnavailable) throw new CannotRun(error.reason, error.remedy);
    throw error;
  }
}
