/** What one request says. Text comes from the user or a profile; a line break in it throws. */
export interface RequestPlan {
  readonly method: string
  /** Path and query as they go on the wire. */
  readonly path: string
  /** Name or address without brackets. */
  readonly host: string
  readonly port: number
  /**
   * Lines of the device's own request after the request line, with `{host}` and `{range}`; undefined: a plain,
   * minimal request. A line with `{range}` is left out of a request without one.
   */
  readonly deviceLines: readonly string[] | undefined
  /** Take the place of a device line of the same name, else go after all of them. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly range: { readonly first: number; readonly last: number } | undefined
}

/** Bytes of a request with its empty line, RFC 9112 §3. Throws `RangeError` for what cannot stand in a head. */
export function encodeRequest(plan: RequestPlan): Uint8Array {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(plan.method)) throw new RangeError(`no method: ${plan.method}`)
  if (!/^[\u0021-\u007e]+$/.test(plan.path)) throw new RangeError('path: not printable ASCII')
  const lines = [`${plan.method} ${plan.path} HTTP/1.1`, ...headerLines(plan)]
  for (const line of lines) {
    if (/[\r\n\u0000]/.test(line))
      throw new RangeError(`header ${line.split(':')[0]}: line break in its value`)
  }
  return new Uint8Array(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'))
}

/** The Host field, RFC 9110 §7.2: the port is left out where it is the scheme's own. */
export function hostField(host: string, port: number): string {
  const name = host.includes(':') ? `[${host.split('%')[0]}]` : host
  return port === 443 ? name : `${name}:${port}`
}

const plainLines = ['Host: {host}', 'User-Agent: tlsfit', 'Accept: */*', 'Range: {range}']

function headerLines(plan: RequestPlan): string[] {
  const template = plan.deviceLines ?? plainLines
  const lines = template.filter((line) => plan.range !== undefined || !line.includes('{range}'))
  if (!lines.some((line) => nameOf(line) === 'host')) lines.unshift('Host: {host}')
  if (plan.range && !lines.some((line) => nameOf(line) === 'range')) lines.push('Range: {range}')
  const left = [...plan.headers]
  const replaced = lines.map((line) => {
    const at = left.findIndex(([name]) => name.toLowerCase() === nameOf(line))
    const own = at < 0 ? undefined : left.splice(at, 1)[0]
    return own ? `${own[0]}: ${own[1]}` : fill(line, plan)
  })
  for (const [name] of plan.headers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new RangeError(`no header name: ${name}`)
  }
  return [...replaced, ...left.map(([name, value]) => `${name}: ${value}`)]
}

/** `{range}` stands for `bytes=0-1023`, or for `0-1023` where the line itself says `bytes=`. RFC 9110 §14.2. */
function fill(line: string, { host, port, range }: RequestPlan): string {
  const filled = line.replaceAll('{host}', hostField(host, port))
  if (!range) return filled
  const bytes = `${range.first}-${range.last}`
  return filled.replaceAll('bytes={range}', `bytes=${bytes}`).replaceAll('{range}', `bytes=${bytes}`)
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(':')).trim().toLowerCase()
}
