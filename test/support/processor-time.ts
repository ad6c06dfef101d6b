/**
 * Milliseconds of the processor that `work` takes, in all threads of this process. For bounds on work that must not
 * grow with the square of its input: on a machine that others use, wall time says nothing.
 */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
