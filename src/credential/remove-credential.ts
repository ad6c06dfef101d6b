import type { CredentialFormat } from './credential.ts'

export interface Removal {
  /** A plain sentence without a full stop. */
  readonly text: string
  /** In the device's own words; empty where it has none that is known. */
  readonly commands: readonly string[]
}

/** How an anchor that was loaded for a test is taken off the device again. `secTag`: where it was stored. */
export function removalOf(format: CredentialFormat, secTag: number): Removal {
  switch (format) {
    case 'nrf-at':
      // nRF9160 and nRF91x1 AT Commands, %CMNG: opcode 3 deletes; type 0 is a root CA.
      return { text: 'delete it from the modem', commands: ['AT+CFUN=4', `AT%CMNG=3,${secTag},0`] }
    case 'esp-idf-bundle':
    case 'c-header':
    case 'arduino':
    case 'zephyr':
      return {
        text: 'take it out of the source, build and flash the firmware anew: a build with it must not be shipped',
        commands: [],
      }
    case 'spwf04':
    case 'tinyclr':
    case 'pem':
    case 'der':
      return {
        text: 'delete it from the store of the device, or load the root over it that the device held before',
        commands: [],
      }
  }
}
