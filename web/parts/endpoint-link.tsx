import { formatRoute } from '../route.ts'

/** Without an id where something is of fleets and of no one endpoint. */
export function EndpointLink({ id, name }: { readonly id: string; readonly name: string }) {
  if (id === '') return <span>{name === '' ? 'all endpoints' : name}</span>
  return <a href={formatRoute(['endpoints', id])}>{name}</a>
}
