/** What work costs on any machine, however busy: the processor time of this process. */

/** Starts counting; the result says how many milliseconds of processor time were used since. */
export function cpuMs(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
