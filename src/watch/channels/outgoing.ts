/** A POST that tells an alert. */
export interface Outgoing {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function postJson(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  return { url, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}
