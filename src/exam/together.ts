import { refusalsNeeded } from './flaky.ts'
import type { Said } from './limit-search.ts'
import type { Serving } from './serving.ts'
import type { Answer, ExamView } from './topic.ts'

/** One thing that a device ought to take. Those of different slots go together in one connection. */
export interface Aspect {
  readonly id: string
  readonly slot: string
  /** Likely to be refused: whatever came along would have to be asked again. */
  readonly alone?: boolean
  readonly applied: (serving: Serving) => Serving
}

export interface Together {
  readonly key: string
  readonly serving: Serving
}

/** Connections for one aspect, whatever they say. */
const MOST_ASKED = 5

/**
 * Asks several aspects with one connection: when it passes, the device takes them all. When it fails, each that no other
 * connection has shown to be taken is asked alone, and only that can tell a refusal. Pure: keys are the ids, joined.
 */
export class AskedTogether {
  readonly #exam: ExamView
  readonly #aspects: readonly Aspect[]
  readonly #answers: readonly { readonly ids: readonly string[]; readonly said: Said }[]

  constructor(
    exam: ExamView,
    aspects: readonly Aspect[],
    answers: readonly Answer[],
    said: (answer: Answer) => Said,
  ) {
    this.#exam = exam
    this.#aspects = aspects
    this.#answers = answers.map((answer) => ({ ids: answer.probe.key.split('+'), said: said(answer) }))
  }

  /** What is still to be asked of those that `wanted` tells; others of free slots come along. */
  next(serving: Serving, wanted: (aspect: Aspect) => boolean): Together | undefined {
    const open = this.#aspects.filter((one) => this.told(one.id) === undefined)
    const first = open.find(wanted)
    if (first === undefined) return undefined
    const alone = first.alone === true || this.#asked(first.id) > 0
    const free = (one: Aspect) => one.slot !== first.slot && one.alone !== true && this.#asked(one.id) === 0
    const companions = alone ? [] : open.filter(free)
    const slots = new Map([first, ...companions].reverse().map((one) => [one.slot, one]))
    slots.set(first.slot, first)
    const chosen = this.#aspects.filter((one) => slots.get(one.slot) === one)
    return {
      key: chosen.map(({ id }) => id).join('+'),
      serving: chosen.reduce((made, one) => one.applied(made), serving),
    }
  }

  /** Undefined: not asked yet, or not decided. */
  told(id: string): Said | undefined {
    const own = this.#answers.filter(({ ids }) => ids.includes(id))
    const passes = own.filter(({ said }) => said === 'passes').length
    // What failed together is nobody's fault until it fails alone.
    const fails = own.filter((one) => one.said === 'fails' && one.ids.length === 1).length
    if (passes > fails) return 'passes'
    if (fails > passes && fails >= Math.max(refusalsNeeded(this.#exam), passes > 0 ? 2 : 1)) return 'fails'
    return own.length >= MOST_ASKED ? 'lost' : undefined
  }

  #asked(id: string): number {
    return this.#answers.filter(({ ids }) => ids.includes(id)).length
  }

  /** Connections that are still to come, if nothing is refused. */
  open(wanted: (aspect: Aspect) => boolean): number {
    return this.#aspects.filter((one) => wanted(one) && this.told(one.id) === undefined).length
  }
}
