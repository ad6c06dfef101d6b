import type { Sourced } from '../device.ts'
import type { Setting } from './config-file.ts'
import type { DerivedValue } from './derived.ts'
import type { Macros } from './macros.ts'
import type { MbedtlsTable, MbedtlsVersion } from './mbedtls-table.ts'

/** A build of Mbed TLS: its macros, and whole numbers among them. */
export interface MbedtlsBuild {
  readonly macros: Macros
  /** Undefined: how this version reads its macros is not known; only sizes are taken. */
  readonly version: MbedtlsVersion | undefined
  /** The file says everything: what it leaves out is off. */
  readonly whole: boolean
  /** The file says little, and what else is on is not known. */
  readonly fragment: boolean
  readonly table: MbedtlsTable
  readonly integer: (setting: Setting) => number | undefined
}

/** A build whose macros are all known. */
export interface KnownBuild extends MbedtlsBuild {
  readonly version: MbedtlsVersion
}

export interface Derivation {
  readonly values: readonly DerivedValue[]
  readonly notes: readonly string[]
}

/** Names whose needs a build holds, in the order of the table. */
export function held(macros: Macros, needs: Readonly<Record<string, string>>): string[] {
  return Object.keys(needs).filter((name) => macros.holds(needs[name] ?? ''))
}

/** Whether the base says the same already. */
export function sameValue(old: Sourced<unknown> | undefined, value: unknown): boolean {
  return old !== undefined && JSON.stringify(old.value) === JSON.stringify(value)
}
