/**
 * The name under which a device is compared over nights. A simulated device that was given faults or variations is still that device:
 * what they change is what the nights are to show.
 */
export function steadyName(device: string): string {
  const [name = device] = device.startsWith('reference') ? device.split('+', 1) : [device];
  return name.replace(/[:,]+$/, '');
}
