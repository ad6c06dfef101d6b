import { rmSync } from 'node:fs'
import { afterAll, beforeAll, test } from 'vitest'
import { freePort } from './peer-process.ts'
import { type Postgres, postgresServer } from './postgres.ts'
import { storeFolder } from './store-folder.ts'

export const storeKinds = ['embedded', 'postgres'] as const
export type StoreKind = (typeof storeKinds)[number]

const programs = postgresServer()

/** Whether this machine can have a store of that kind. */
export function isThere(kind: StoreKind): boolean {
  return kind === 'embedded' || programs !== undefined
}

/** Passed over where there is no such store. */
export function testOf(kind: StoreKind) {
  return test.skipIf(!isThere(kind))
}

/** New, empty stores of either kind for the tests of one file; all are gone behind them. */
export class BothStores {
  readonly #folders: string[] = []
  #server: Postgres | undefined

  constructor() {
    beforeAll(async () => {
      this.#server = await programs?.start(await freePort())
    }, 120_000)
    afterAll(async () => {
      await this.#server?.stop()
      for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
    })
  }

  /** `name`: of the database, where it is PostgreSQL's. */
  async place(kind: StoreKind, name: string): Promise<string> {
    if (kind === 'postgres') return this.databaseUrl(name)
    const folder = await storeFolder()
    this.#folders.push(folder)
    return folder
  }

  databaseUrl(name: string): string {
    if (this.#server === undefined) throw new Error('there is no PostgreSQL')
    return this.#server.createDatabase(name)
  }
}
