import { packedEnding } from '../http/content-coding.ts'
import type { Connection, HttpExchange, Observation } from '../observe/observation.ts'
import { blankUrl } from '../observe/secrets.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import type { ChainRedaction } from './redact-chain.ts'

/** The observation with pseudonyms for names and addresses; sizes, times, order and codes stay. */
export function redactObservation(
  observation: Observation,
  names: Pseudonyms,
  chains: ChainRedaction,
): Observation {
  const host = (one: string | undefined) => one && names.host(one)
  const { target, lookup, withheld } = observation
  const connections = observation.connections.map((one) => redactConnection(one, names, chains))
  return {
    ...observation,
    fromCapsule: true,
    target: {
      ...target,
      // A file's name is the user's own.
      text: observation.source === 'dial' ? names.text(blankUrl(target.text)) : 'chain',
      host: host(target.host),
      path: target.path && redactPath(target.path, names),
    },
    lookup: lookup && {
      ...lookup,
      host: names.host(lookup.host),
      addresses: lookup.addresses.map((one) => ({ ...one, address: names.address(one.address) })),
      cnames: lookup.cnames.map((cname) => names.host(cname)),
    },
    tcp: observation.tcp.map((one) => ({ ...one, address: names.address(one.address) })),
    connections,
    otherAddresses: observation.otherAddresses.map((one) => ({
      ...one,
      address: names.address(one.address),
      // The hash of a certificate finds it in public logs.
      chainSha256: one.chainSha256?.map((sha256) => chains.sha256Of(sha256) ?? names.hex(sha256)),
    })),
    withheld: withheld && { ...withheld, host: names.host(withheld.host) },
    serverNames: observation.serverNames?.map((one) => ({
      ...one,
      sni: host(one.sni),
      leaf: one.leaf && chains.certificate(one.leaf),
    })),
  }
}

function redactConnection(connection: Connection, names: Pseudonyms, chains: ChainRedaction): Connection {
  const { host, address, hello, chain, mqtt, violation } = connection
  return {
    ...connection,
    host: host && names.host(host),
    address: address && names.address(address),
    hello: hello && { ...hello, sni: hello.sni && names.host(hello.sni) },
    chain: chain && chains.chain(chain),
    exchanges: connection.exchanges.map((exchange) => redactExchange(exchange, names)),
    mqtt: mqtt && { ...mqtt, clientId: names.text(mqtt.clientId) },
    // The detail may quote what the server sent.
    violation: violation && {
      ...violation,
      detail: violation.detail.replace(/"[^"]*"/g, (said) => names.text(said)),
    },
  }
}

function redactExchange({ request, response, error }: HttpExchange, names: Pseudonyms): HttpExchange {
  return {
    error,
    request: {
      ...request,
      path: redactPath(request.path, names),
    },
    response: response && {
      ...response,
      etag: response.etag && names.text(response.etag),
      location: response.location && {
        ...response.location,
        url: names.text(blankUrl(response.location.url)),
      },
      errorText: response.errorText && names.text(response.errorText),
    },
  }
}

/** The end of a packed file's name stays: it tells what the file is, and nothing of whose. */
function redactPath(path: string, names: Pseudonyms): string {
  const ending = packedEnding(path)
  if (ending === undefined) return names.text(path)
  const { at, text } = ending
  return names.text(path.slice(0, at)) + text + names.text(path.slice(at + text.length))
}
