import { fitWidth } from '../report/layout.ts'
import type { CliIo } from './cli-io.ts'

/** Nothing is shown of what is quicker than this. */
const QUIET_MS = 1_000

/** Says on stderr, only on a terminal, what is waited for where that takes long; the line goes when it is there. */
export async function waitingFor<T>(what: string, work: Promise<T>, { stderr }: CliIo): Promise<T> {
  if (!stderr.isTTY) return work
  let shown = false
  const timer = setTimeout(() => {
    shown = true
    stderr.write(fitWidth(what, Math.max(20, (stderr.columns ?? 80) - 1)).trimEnd())
  }, QUIET_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
    if (shown) stderr.write('\r\u001b[2K')
  }
}
