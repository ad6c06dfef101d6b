/** Parts of an address that are shorter are words such as `services`. */
const MIN_PART = 8

/** What a receiver or a library says, without the secrets that were used, however they are spelt in it. */
export function redact(text: string, secrets: readonly string[]): string {
  const spellings = new Set(secrets.flatMap(spellingsOf).filter((spelling) => spelling !== ''))
  // The longest first: a shorter one may be part of it.
  const ordered = [...spellings].sort((a, b) => b.length - a.length)
  return ordered.reduce((left, spelling) => left.replaceAll(spelling, '***'), text)
}

function spellingsOf(secret: string): string[] {
  return [secret, ...partsOf(secret)].flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    Buffer.from(part).toString('base64'),
  ])
}

/** Of an address, its path and query: they are what makes it one. Of a signing key, what stands behind its prefix. */
function partsOf(secret: string): string[] {
  if (secret.startsWith('whsec_')) return [secret.slice('whsec_'.length)]
  if (!URL.canParse(secret)) return []
  const { pathname, search, searchParams } = new URL(secret)
  const pieces = [...pathname.split('/'), ...searchParams.values()]
  return [`${pathname}${search}`, pathname, search, ...pieces].filter((part) => part.length >= MIN_PART)
}
