/** `run --bind`: the named devices are given to vfio-pci for the run, and back afterwards; after a crash the next run does it. */
import { lockDevice } from '../../execution/device-lock';
import type { RunPlan } from '../../execution/run-plan';
import { type BindingPlan, BindingRefused, bind, planBinding, restore } from '../../host/binding/bind';
import { type BindingEntry, BindingJournal } from '../../host/binding/journal';
import { SystemTree } from '../../host/binding/system-tree';
import { parseDeviceAddress } from '../../vfio/device-address';
import { CannotRun } from '../support/exit';
import { printable } from '../support/printable';
import { complain } from '../support/terminal';
import { waitForLeftBehind } from './left-behind';

export class Bindings {
  private readonly mine = new Set<string>();

  constructor(
    private readonly tree: SystemTree = new SystemTree(),
    private readonly journal: BindingJournal = new BindingJournal(),
  ) {}

  /** Gives back what a run that was killed had bound. Never throws: what is left is told. */
  async recover(): Promise<void> {
    for (const entry of this.journal.entries()) {
      const locked = lockDevice(entry.device);
      // Its run is alive.
      if (!locked.ok) continue;
      try {
        await waitForLeftBehind(entry.folder);
        complain(
          `${entry.device}: an earlier run was killed before it gave the device back to ${this.giveBack(entry)}`,
        );
      } finally {
        locked.lock.release();
      }
    }
  }

  /** All or none. @throws CannotRun with what speaks against it */
  bind(plan: RunPlan): void {
    try {
      const plans = planBindings(this.tree, plan);
      for (const one of plans) {
        // Known to the journal before the first write, so that what fails half way is given back as well.
        if (one.needed) this.mine.add(one.device);
        bind(this.tree, this.journal, one, plan.folder);
        if (one.needed) complain(`${one.device}: bound to vfio-pci; ${one.driver ?? 'no driver'} had it`);
      }
    } catch (error) {
      if (!(error instanceof BindingRefused)) throw error;
      throw new CannotRun(printable(error.message), error.advice);
    }
  }

  /** Gives back what this run has bound. */
  release(): void {
    for (const entry of this.journal.entries()) {
      if (!this.mine.delete(entry.device)) continue;
      complain(`${entry.device}: given back to ${this.giveBack(entry)}`);
    }
  }

  private giveBack(entry: BindingEntry): string {
    const left = restore(this.tree, this.journal, entry);
    const driver = entry.driver ?? 'no driver';
    return printable(left === undefined ? `${driver}` : `${driver}; that did not work: ${left}`);
  }
}

/** @throws BindingRefused */
export function planBindings(tree: SystemTree, plan: RunPlan): readonly BindingPlan[] {
  const named = plan.devices.flatMap(({ device, destination, host }) => {
    if (host !== 'local')
      throw new BindingRefused(`--bind binds on this machine, and not on ${host}`, 'Bind it there.');
    return [device, ...(destination === undefined || destination === 'self' ? [] : [destination])];
  });
  return named.flatMap((name) => {
    const parsed = parseDeviceAddress(name);
    if (!parsed.ok || parsed.value.kind === 'reference') return [];
    return [planBinding(tree, parsed.value.name)];
  });
}
