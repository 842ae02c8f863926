/** Every access comes back, and memory that was advertised as mappable bears an access (DEV-RESPONDS). */
import type { Judge } from './judge';
import type { Oracle, OracleHooks } from './oracle';
import type { DeviceView } from './views';

class ResponsivenessOracle implements OracleHooks {
  constructor(private readonly judge: Judge) {}

  faulted(_device: DeviceView | undefined, what: string): void {
    this.judge.broken('DEV-RESPONDS', {
      expected: 'every access returns and leaves the process alive',
      observed: what,
    });
  }

  deviceClosed(): void {
    this.judge.kept('DEV-RESPONDS');
  }
}

export const oracle: Oracle = {
  name: 'responsiveness',
  clauses: ['DEV-RESPONDS'],
  create: (judge) => new ResponsivenessOracle(judge),
};
