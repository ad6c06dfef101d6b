/** Bounds of one `check`: nothing that a peer can lengthen goes past them. */

/** Addresses of one host that are dialled; the look-up lists the rest. */
export const MAX_ADDRESSES = 8
/** Redirect hops followed in one download. */
export const MAX_REDIRECTS = 10
/** TLS connections in one observation, probes, range requests and redirect hops together. */
export const MAX_CONNECTIONS = 64
/** Range requests of one download: all are kept in the observation. */
export const MAX_RANGE_REQUESTS = 1024
/** Body bytes of one download where the user names no limit. */
export const DEFAULT_BYTE_LIMIT = 256 * 1024 * 1024
/** Wire bytes read of one connection before it is established. */
export const MAX_HANDSHAKE_WIRE_BYTES = 4 * 1024 * 1024
/** Wire bytes read of one connection beyond the body bytes asked for: heads, record overhead, chunk sizes. */
export const WIRE_OVERHEAD_BYTES = 8 * 1024 * 1024
/** The whole download of one connection takes no longer. */
export const MAX_DOWNLOAD_MS = 30 * 60_000
/** A server that sends fewer plaintext bytes than this in two silences' time drips, and counts as silent. */
export const MIN_WINDOW_BYTES = 1024
/** How long the end of the TCP connection is awaited once TLS has ended. */
export const LINGER_MS = 250
/** Canonical names followed for the report. */
export const MAX_CNAMES = 8
/** CNAME look-ups are a courtesy: they never take longer. */
export const CNAME_TIMEOUT_MS = 1500
/** A PEM file or profile larger than this is not read. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024
/** Connections open at once to one host, whatever its addresses, and to one address, whatever its names. */
export const CONNECTIONS_PER_HOST = 4
export const CONNECTIONS_PER_ADDRESS = 8
/** From one new connection to the next one to the same address. */
export const CONNECTION_GAP_MS = 10
