import type { Overview } from './contract.ts'
import { stateRank, type WrittenRow } from './overview-row.ts'

export type OverviewSort = 'room' | 'name' | 'state'

/** Rows of the heat map, their order and their counts: a row that changes costs what that row costs. */
export class OverviewRows {
  readonly #rows = new Map<string, WrittenRow>()
  readonly #sorted = new Map<OverviewSort, WrittenRow[]>()
  readonly #states = { fits: 0, 'at-risk': 0, blocked: 0, undecided: 0, unseen: 0 }
  /** Endpoints that block it, by index of the fleet. */
  readonly #blocked = new Map<number, number>()

  constructor(rows: readonly WrittenRow[]) {
    for (const row of rows) {
      this.#rows.set(row.id, row)
      this.#count(row, 1)
    }
  }

  get(id: string): WrittenRow | undefined {
    return this.#rows.get(id)
  }

  /** Endpoints of `ids` are as in `rows`, or gone. */
  replace(ids: ReadonlySet<string>, rows: readonly WrittenRow[]): void {
    for (const id of ids) {
      const old = this.#rows.get(id)
      if (old !== undefined) this.#count(old, -1)
      this.#rows.delete(id)
    }
    for (const row of rows) {
      this.#rows.set(row.id, row)
      this.#count(row, 1)
    }
    for (const [sort, sorted] of this.#sorted) {
      const order = orders[sort]
      const kept = sorted.filter(({ id }) => !ids.has(id))
      for (const row of rows) kept.splice(placeOf(row, kept, order), 0, row)
      this.#sorted.set(sort, kept)
    }
  }

  inOrder(sort: OverviewSort): readonly WrittenRow[] {
    const known = this.#sorted.get(sort)
    if (known !== undefined) return known
    const sorted = [...this.#rows.values()].sort(orders[sort])
    this.#sorted.set(sort, sorted)
    return sorted
  }

  get states(): Overview['states'] {
    return this.#states
  }

  /** Indexes of fleets. */
  get blocked(): Iterable<number> {
    return this.#blocked.keys()
  }

  #count(row: WrittenRow, by: 1 | -1): void {
    this.#states[row.worst ?? 'unseen'] += by
    for (const fleet of row.blocked) {
      const count = (this.#blocked.get(fleet) ?? 0) + by
      if (count === 0) this.#blocked.delete(fleet)
      else this.#blocked.set(fleet, count)
    }
  }
}

type Order = (a: WrittenRow, b: WrittenRow) => number

const { compare: compareText } = new Intl.Collator('en', { numeric: true })
const byName: Order = (a, b) => compareText(a.name, b.name) || compareText(a.id, b.id)
const room = (row: WrittenRow) => row.room ?? Number.MAX_VALUE
const byRoom: Order = (a, b) => room(a) - room(b) || byName(a, b)
const orders: { readonly [S in OverviewSort]: Order } = {
  name: byName,
  room: byRoom,
  state: (a, b) => stateRank(b.worst) - stateRank(a.worst) || byRoom(a, b),
}

/** Before the first that comes after it. */
function placeOf(row: WrittenRow, sorted: readonly WrittenRow[], order: Order): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(sorted[middle] as WrittenRow, row) > 0) high = middle
    else low = middle + 1
  }
  return low
}
