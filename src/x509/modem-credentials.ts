/**
 * AT%CMNG of Nordic modems (nRF91 AT Commands, %CMNG): `=0,<sec_tag>,<type>,"<content>"` writes; a listing answers
 * `%CMNG: <sec_tag>,<type>,"<sha>"`. AT#XCMNG of the serial modem application is written alike.
 */
export interface StoredCredential {
  readonly securityTag: number
  readonly type: number
  /** SHA-256 as the modem prints it, lower case; undefined where it prints none. */
  readonly sha256: string | undefined
  readonly line: number
}

export interface CredentialWrite {
  readonly securityTag: number
  readonly type: number
  /** Offset behind the opening quotation mark. */
  readonly contentStart: number
}

/** `<type>` of %CMNG, nRF91 AT Commands. */
export const credentialTypes: { readonly [type: number]: string } = {
  0: 'root CA certificate',
  1: 'client certificate',
  2: 'client private key',
  3: 'pre-shared key',
  4: 'PSK identity',
  5: 'public key',
  6: 'device identity public key',
  8: 'endorsement key',
  9: 'ownership key',
  10: 'Nordic identity root CA certificate',
  11: 'Nordic base public key',
  13: 'asset encryption key',
}

const MAX_STORED = 500

const write = /AT[%#]X?CMNG=0,\s?(\d{1,10}),\s?(\d{1,2}),\s?"/gi
const listed = /[%#]X?CMNG:\s?(\d{1,10}),\s?(\d{1,2})(?:,\s?"?([0-9A-Fa-f]{64})"?)?/g

/** The writes of a transcript, in its order. Their content is not read here. */
export function findWrites(text: string): CredentialWrite[] {
  const writes: CredentialWrite[] = []
  for (const found of text.matchAll(write)) {
    if (writes.length === MAX_STORED) break
    const contentStart = found.index + found[0].length
    writes.push({ securityTag: Number(found[1]), type: Number(found[2]), contentStart })
  }
  return writes
}

/** What a modem listed as stored, in the order of the text. */
export function findStored(text: string): StoredCredential[] {
  const stored: StoredCredential[] = []
  let line = 1
  let counted = 0
  for (const found of text.matchAll(listed)) {
    if (stored.length === MAX_STORED) break
    for (let feed = text.indexOf('\n', counted); feed >= 0 && feed < found.index; ) {
      line++
      counted = feed + 1
      feed = text.indexOf('\n', counted)
    }
    const securityTag = Number(found[1])
    stored.push({ securityTag, type: Number(found[2]), sha256: found[3]?.toLowerCase(), line })
  }
  return stored
}
