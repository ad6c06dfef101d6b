import type { Worker } from 'node:worker_threads'
import type { FromThread, ToThread } from '../../src/store/pglite-messages.ts'
import { Faults } from './faults.ts'
import { type ArmedFaults, LATE_MS, nameOfCall, refused } from './store-faults.ts'

/** Of the thread of an embedded store, of which there is one at a time in a test. */
export const threadFaults: ArmedFaults = { faults: new Faults(), fault: 'ends' }

/** In place of Node's `Worker`: counts what the thread is asked; the call that `threadFaults` names goes wrong. */
export function faultyThread(Real: typeof Worker): typeof Worker {
  return class extends Real {
    #struck = -1

    override postMessage(message: ToThread): void {
      if (message.kind !== 'query' || !threadFaults.faults.hits(nameOfCall(message.text))) {
        super.postMessage(message)
        return
      }
      const { fault } = threadFaults
      if (fault === 'ends') void this.terminate()
      else if (fault === 'conflict' || fault === 'full') {
        super.postMessage({ ...message, text: refused(message.text, fault), values: undefined })
      } else {
        this.#struck = message.seq
        super.postMessage(message)
      }
    }

    override emit(name: string | symbol, ...args: unknown[]): boolean {
      const [message] = args as [FromThread | undefined]
      const isStruck = name === 'message' && message?.kind === 'rows' && message.seq === this.#struck
      const emit = () => super.emit(name as 'message', ...(args as [unknown]))
      if (!isStruck) return emit()
      this.#struck = -1
      if (threadFaults.fault === 'lost') void this.terminate()
      else setTimeout(emit, LATE_MS)
      return true
    }
  }
}
