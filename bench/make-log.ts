import { closeSync, openSync, writeSync } from 'node:fs'

/**
 * Writes a log of at least `bytes` as a device under test prints it over days: what SDKs say while all is well, sensor
 * values, hex dumps, colours and serial noise. Of a hundred lines one is of a restart or of the network, and two belong
 * to a failing connection.
 */
export function makeLog(path: string, bytes: number): void {
  const file = openSync(path, 'w')
  for (let written = 0; written < bytes; ) {
    const lines: string[] = []
    for (let count = 0; count < 4_000; count++) lines.push(pick(kindOf(draw()))())
    written += writeSync(file, Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'))
  }
  closeSync(file)
}

const ordinary: readonly (() => string)[] = [
  () => `I (${tick()}) wifi:state: run -> run, aid ${whole(8)}, bssid = ${hex(6, ':')}, rssi -${whole(90)}`,
  () =>
    `I (${tick()}) sensor: temperature ${decimal()} C, humidity ${decimal()} %, pressure ${decimal()} hPa`,
  () =>
    `D (${tick()}) heap: free ${whole(200_000)}, largest block ${whole(90_000)}, minimum ${whole(80_000)}`,
  () => `\u001b[0;32mI (${tick()}) MQTT_APP: sent publish successful, msg_id=${whole(65_535)}\u001b[0m`,
  () => `\u001b[0;33mW (${tick()}) i2c: slow answer of 0x${hex(1)}, ${whole(40)} ms\u001b[0m`,
  () => `[${clock()}] <inf> lte_monitor: RSRP -${whole(120)} dBm, cell 0x${hex(4)}, band ${whole(66)}`,
  () => `[${clock()}] <dbg> app.work_handler: queue ${whole(32)}, uptime ${tick()} ms, boot ${whole(900)}`,
  () => `[${clock()}] <inf> app_event_manager: e:cloud_module_event, ${whole(99)} pending, state ${whole(9)}`,
  () =>
    `2024-03-${10 + whole(20)} 0${whole(9)}:${10 + whole(49)}:${10 + whole(49)} gateway app[${whole(9_999)}]: poll ok`,
  () => `${hex(16, ' ')}  |${'.'.repeat(16)}|`,
  () => `GET /v1/devices/${hex(8)}/state 200 ${whole(9_999)} bytes in ${whole(900)} ms`,
]

const seldom: readonly (() => string)[] = [
  () =>
    `${String.fromCharCode(...Array.from({ length: 6 }, () => 128 + whole(127)))}ets Jul 29 2019 12:21:46`,
  () => `*** Booting nRF Connect SDK v2.${whole(6)}.${whole(3)} ***`,
  () => `+CEREG: 5,"${hex(2).toUpperCase()}","${hex(4).toUpperCase()}",7`,
]

const failing: readonly (() => string)[] = [
  () => `E (${tick()}) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x${pick(['2700', '7780', '7200'])}`,
  () => `E (${tick()}) esp-tls: Failed to open new connection`,
  () => `E (${tick()}) TRANSPORT_BASE: Failed to open a new connection`,
  () => `E (${tick()}) esp-tls: couldn't get hostname for :mqtt-${whole(9)}.example.com:`,
  () => `[${clock()}] <err> download_client: Unable to connect, errno ${pick(['111', '116', '12'])}`,
  () => `[${clock()}] <inf> download_client: Downloading: https://host${whole(9)}.example.com/${hex(8)}.bin`,
  () => `+CME ERROR: ${whole(600)}`,
]

function kindOf(drawn: number): readonly (() => string)[] {
  return drawn < 0.02 ? failing : drawn < 0.03 ? seldom : ordinary
}

let seed = 1

/** A number from 0 to 1: the same ones in each run. */
function draw(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

function whole(below: number): number {
  return Math.floor(draw() * below)
}

function pick<T>(list: readonly T[]): T {
  return list[whole(list.length)] as T
}

function hex(bytes: number, between = ''): string {
  return Array.from({ length: bytes }, () => whole(256).toString(16).padStart(2, '0')).join(between)
}

function decimal(): string {
  return (draw() * 100).toFixed(2)
}

let now = 0

/** Milliseconds since the start: time goes on from line to line. */
function tick(): number {
  now += whole(300)
  return now
}

function clock(): string {
  const ms = tick()
  const part = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, '0')
  return `${part((ms / 3_600_000) % 100)}:${part((ms / 60_000) % 60)}:${part((ms / 1_000) % 60)}.${part(ms % 1_000, 3)}`
}
