import { readHello } from '../exam/hello-found.ts'
import { offersPkcs1 } from '../exam/offered.ts'
import type { Serving } from '../exam/serving.ts'

/**
 * OpenSSL signs with what stands first in the hello: these are the schemes left to it, so that an RSA key signs as the
 * serving says. Undefined: all that it has, as in every other version, where nothing is to be chosen.
 */
export function rsaSignatureSchemes(
  { rsaSignature, maxVersion, chain }: Pick<Serving, 'rsaSignature' | 'maxVersion' | 'chain'>,
  hello: Uint8Array | undefined,
): string | undefined {
  if (maxVersion !== 'TLSv1.2' || !chain.key.startsWith('rsa-')) return undefined
  if (rsaSignature === 'pss') return PSS.join(':')
  const sent = readHello(hello)?.sent
  return sent === undefined || offersPkcs1(sent) ? PKCS1.join(':') : undefined
}

const PSS = ['RSA-PSS+SHA256', 'RSA-PSS+SHA384', 'RSA-PSS+SHA512']
/** SHA-1 is what a hello without signature_algorithms asks for, RFC 5246 §7.4.1.4.1. */
const PKCS1 = ['RSA+SHA256', 'RSA+SHA384', 'RSA+SHA512', 'RSA+SHA224', 'RSA+SHA1']
