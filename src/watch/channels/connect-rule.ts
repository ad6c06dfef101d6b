import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'

/** Whether a message may go to this address: to private ones only where the configuration says so. */
export type MayConnect = (address: string) => boolean

/** A host that is not to be spoken to. */
export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED'

  constructor() {
    super('its address is private, and messages may not go there')
    this.name = 'AddressRefused'
  }
}

/** Asked with the address that is then connected to: a name cannot have another one in between (DNS rebinding). */
export function guardedLookup(mayConnect: MayConnect): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return callback(error, [])
      const allowed = found.filter(({ address }) => mayConnect(address))
      const [first] = allowed
      if (first === undefined) return callback(new AddressRefused(), [])
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

/** A host that is an address is looked up by nobody. */
export function checkLiteral(hostname: string, mayConnect: MayConnect): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0 && !mayConnect(address)) throw new AddressRefused()
}
