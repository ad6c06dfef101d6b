/** Bytes of an error body that are looked at. */
export const ERROR_BODY_BYTES = 8192
/** Characters of its text that are kept. */
export const ERROR_TEXT_CHARACTERS = 300

/** What a service says went wrong. Both are hostile text, not yet blanked of secrets that they may echo. */
export interface ErrorBody {
  /** `AuthenticationFailed` of Azure, `AccessDenied` of S3; undefined when the body names none. */
  readonly code: string | undefined
  /** White space collapsed, at most `ERROR_TEXT_CHARACTERS`; undefined when the body is empty or no text. */
  readonly text: string | undefined
}

/**
 * Reads the front of an error body: XML with `<Code>` (Azure Storage, S3), JSON with `code` or `Code`, or any text.
 * `headerCode` is what a header such as `x-ms-error-code` says; it wins.
 */
export function readErrorBody(body: Uint8Array, headerCode: string | undefined): ErrorBody {
  const raw = Buffer.from(body.subarray(0, ERROR_BODY_BYTES))
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const binary = raw.includes('\u0000') || (raw.match(/\ufffd/g)?.length ?? 0) > raw.length / 8
  const text = binary ? '' : raw.replace(/\s+/g, ' ').trim().slice(0, ERROR_TEXT_CHARACTERS).trim()
  return {
    code: cleanCode(headerCode) ?? (binary ? undefined : codeIn(raw)),
    text: text === '' ? undefined : text.replace(/[\ud800-\udbff]$/, ''),
  }
}

function codeIn(text: string): string | undefined {
  const xml = /<(?:\w{1,20}:)?code>([^<]{1,200})<\s*\//i.exec(text)
  const json = /"(?:code|Code|errorCode|__type)"\s*:\s*"([^"]{1,200})"/.exec(text)
  return cleanCode(xml?.[1] ?? json?.[1])
}

function cleanCode(code: string | undefined): string | undefined {
  const trimmed = code?.trim()
  return trimmed && /^[A-Za-z0-9_.:#-]{1,100}$/.test(trimmed) ? trimmed : undefined
}
