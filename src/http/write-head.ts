/**
 * How much a response head says. `full`: what RFC 9110 asks of an origin server. `minimal`: only what frames the body,
 * for devices that hold head and body in one small buffer or pay by the byte; Date, validators and Accept-Ranges are
 * left out (a departure from RFC 9110 §6.6.1 and §15.3.7), and a 206 has a one-word reason.
 */
export type HeadMode = 'full' | 'minimal'

export interface ResponseToWrite {
  readonly status: number
  /** In order. Framing (Content-Length, Connection) does not belong here. A line break in one throws. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** Of the content, or what GET would send where the request is HEAD; undefined: the content ends with the connection. */
  readonly contentLength: number | undefined
  /** Undefined: say nothing, which in HTTP/1.1 means that the connection stays. */
  readonly connection?: 'close' | 'keep-alive' | undefined
}

/** The head with its empty line, all Latin-1. Status 204 and 304 have no Content-Length. */
export function formatResponseHead(response: ResponseToWrite, mode: HeadMode = 'full'): string {
  const { status, contentLength } = response
  let head = `HTTP/1.1 ${status} ${reasonOf(status, mode)}\r\n`
  if (contentLength !== undefined && status !== 204 && status !== 304) {
    head += `Content-Length: ${contentLength}\r\n`
  }
  for (const [name, value] of response.fields) {
    if (/[^\t -~\x80-\xff]/.test(value) || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new RangeError(`field ${name}: cannot stand in a head`)
    }
    head += `${name}: ${value}\r\n`
  }
  if (response.connection !== undefined) head += `Connection: ${response.connection}\r\n`
  return `${head}\r\n`
}

/** Names of RFC 9110 §15, for those that we send ourselves or pass on; others have no reason. */
const reasons: { readonly [status: number]: string } = {
  100: 'Continue',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  416: 'Range Not Satisfiable',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/** Never empty: clients that read a status line with `%s` stumble over an empty reason. */
function reasonOf(status: number, mode: HeadMode): string {
  const reason = reasons[status] ?? 'Status'
  return mode === 'minimal' ? (reason.split(' ')[0] ?? reason) : reason
}
