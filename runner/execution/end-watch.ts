/** EndWatch: ends a case at its next access once the run is to end; a step may make millions of them, and looks up at none. */
import type { AccessListener } from '../host/watched-host';
import { GiveUp } from './case-end';

export class EndWatch implements AccessListener {
  private resting = false;

  constructor(private readonly asked: () => boolean) {}

  /** From now on accesses are the clean-up's own. */
  rest(): void {
    this.resting = true;
  }

  /** @throws GiveUp before the access is made. */
  before(): void {
    if (!this.resting && this.asked()) throw new GiveUp('the run was ended in the middle of a step');
  }

  after(): void {}
}
