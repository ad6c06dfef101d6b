import { DecodeError } from '../codec/decode-error.ts'
import type { Certificate } from './certificate.ts'
import { DerReader } from './der.ts'
import { readOid } from './der-values.ts'

const caIssuers = '1.3.6.1.5.5.7.48.2'
const maxUrls = 8
const maxUrlChars = 500

/**
 * Where the issuer's certificate can be fetched: the URLs of caIssuers in authorityInfoAccess, RFC 5280 §4.2.2.1. Empty
 * where there are none, or the extension cannot be read. They are hostile text.
 */
export function issuerUrls({ extensions }: Certificate): string[] {
  const extension = extensions.find(({ name }) => name === 'authorityInfoAccess')
  if (extension === undefined) return []
  const urls: string[] = []
  try {
    const list = new DerReader(extension.value, 'authorityInfoAccess', new Set()).sequence('descriptions')
    while (!list.atEnd && urls.length < maxUrls) {
      const description = list.sequence('description')
      const method = readOid(description, 'accessMethod')
      const { tag, value } = description.any('accessLocation')
      const isUrl = method === caIssuers && tag === 0x86 && value.length <= maxUrlChars
      if (isUrl) urls.push(Buffer.from(value).toString('latin1'))
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
  return urls
}
