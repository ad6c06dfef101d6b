import { openCatalogue } from './catalogue-files.ts'
import type { CheckRequest } from './check-request.ts'
import { openKnownRoots } from './root-files.ts'

/** As long as `--timeout` where it is not given. */
const timeoutMs = 10_000

/**
 * A request with what `tlsfit check` takes where nothing is said: full verification, the host as server name, a GET of
 * the whole file, ten seconds a step, the catalogue and the roots of the package, the time of now.
 */
export function checkRequest(
  given: Pick<CheckRequest, 'target' | 'devices'> & Partial<CheckRequest>,
): CheckRequest {
  return {
    anchors: undefined,
    verify: 'full',
    sni: undefined,
    connect: undefined,
    clientCredential: undefined,
    headers: [],
    method: 'GET',
    now: new Date(),
    sendSecrets: false,
    byteLimit: undefined,
    timeoutMs,
    catalogue: given.catalogue ?? openCatalogue(),
    knownRoots: given.knownRoots ?? openKnownRoots(),
    onProgress: undefined,
    ...given,
  }
}
