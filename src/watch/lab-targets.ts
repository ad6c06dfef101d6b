import type { Attempt, CaseStep, LabCase, OpenCase } from '../lab/case.ts'
import { findCase, labCases } from '../lab/cases.ts'
import { processKeys } from '../lab/keys.ts'
import { LabError } from './fleet-devices.ts'

/** Cases of the lab, started on loopback when something of them is first asked for. */
export class LabTargets {
  readonly #now: () => Date
  readonly #cases = new Map<string, Promise<OpenCase>>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** Without starting it. Throws `LabError`. */
  static check(target: string): {
    readonly found: LabCase
    readonly id: string
    readonly number?: string | undefined
  } {
    const [, id = '', number] = /^lab:([a-z0-9-]+)(?:\/(\d+))?$/.exec(target) ?? []
    const found = findCase(id)
    if (found !== undefined) return { found, id, number }
    throw new LabError(`there is no case ${id} in the lab: ${labCases.map((one) => one.id).join(', ')}`)
  }

  /** `lab:CASE`, the step that fails, or `lab:CASE/2`. Throws `LabError`. */
  async attempt(target: string): Promise<Attempt> {
    return (await this.step(target)).attempt
  }

  async step(target: string): Promise<CaseStep> {
    const { found, id, number } = LabTargets.check(target)
    const opened =
      this.#cases.get(id) ??
      found.open({ keys: processKeys, now: this.#now(), hosts: ['127.0.0.1'], port: 0 })
    this.#cases.set(id, opened)
    opened.catch(() => this.#cases.delete(id))
    const { steps } = await opened
    const step =
      number === undefined
        ? (steps.find(({ role }) => role === 'fails') ?? steps[0])
        : steps[Number(number) - 1]
    if (step === undefined) throw new LabError(`case ${id} has ${steps.length} steps`)
    return step
  }

  async close(): Promise<void> {
    const opened = [...this.#cases.values()]
    this.#cases.clear()
    for (const one of opened) await one.then((open) => open.close()).catch(() => {})
  }
}
