/** Interrupts that were signalled since somebody last looked. */
import { VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX } from '../abi';
import type { StepContext } from './step-context';

/** One text for each vector that was signalled; not the error and request interrupts, which are about something else. */
export function drainInterrupts({ session }: StepContext): string[] {
  const signals: string[] = [];
  for (const [index, watch] of session.irqs) {
    const counts = watch.drain();
    if (!counts.ok || index === VFIO_PCI_ERR_IRQ_INDEX || index === VFIO_PCI_REQ_IRQ_INDEX) continue;
    for (const [vector, count] of counts.value.entries())
      if (count > 0n) signals.push(`IRQ index ${index}, vector ${vector}: ${count}`);
  }
  return signals;
}
