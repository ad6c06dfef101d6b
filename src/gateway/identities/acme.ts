import type { OrderIdentities } from './identities.ts'
import { IdentityError } from './identity-error.ts'

export const orderByAcme: OrderIdentities = (listener) => {
  throw new IdentityError(`${listener.name}: certificates by ACME are not in this version`, 'give files')
}
