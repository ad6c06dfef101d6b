const TICK_MS = 100

let ticks = 0
setInterval(() => ticks++, TICK_MS).unref()

/**
 * Milliseconds in which this process ran, to a tenth of a second. A time limit by it says that something waits, and not
 * that the machine was busy elsewhere: a process that stands still counts one tick, however long it stood.
 */
export function awakeMs(): number {
  return ticks * TICK_MS
}
