import { checkSignature } from '../trust/check-signature.ts'
import { findPaths } from '../trust/path.ts'
import type { Certificate } from '../x509/certificate.ts'
import { equalBytes } from '../x509/decode-certificate.ts'
import type { Name } from '../x509/name.ts'
import type { HostPlan } from './host-plan.ts'
import { hostLabel } from './root-plan.ts'

/** A host whose chain ends, for a certificate bundle, in a root that the bundle does not have. */
export interface BundleMiss {
  readonly host: string
  /** The last certificate of the chain that was sent. */
  readonly last: Certificate
  readonly issuer: Name
}

/**
 * ESP-IDF's certificate bundle is asked once, for the issuer of the last certificate that was sent: Mbed TLS holds no
 * anchor of its own by then, so it does not stop at a certificate of which the bundle has a twin
 * (`esp_crt_verify_callback`; field reports: espressif/esp-idf issues 11077 and 18674).
 */
export function bundleMisses(hosts: readonly HostPlan[], bundle: readonly Certificate[]): BundleMiss[] {
  const misses = hosts
    .filter(({ options }) => options.some(({ chosen }) => chosen))
    .flatMap(({ view }) =>
      view.chains.flatMap(({ certificates }): BundleMiss[] => {
        const { end } = findPaths(certificates, [])
        const last = end && certificates[end.index]
        if (last === undefined || bundle.some((root) => isFound(last, root))) return []
        return [{ host: hostLabel(view), last, issuer: last.issuer }]
      }),
    )
  return [...new Map(misses.map((one) => [`${one.host} ${one.last.sha256}`, one])).values()]
}

function isFound(last: Certificate, root: Certificate): boolean {
  return equalBytes(root.subject.der, last.issuer.der) && checkSignature(last, root) !== 'invalid'
}
