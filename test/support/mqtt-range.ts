import { connect, type TLSSocket } from 'node:tls'
import mqtt, { type IConnectPacket, type Packet } from 'mqtt-packet'
import type { Front } from '../../src/front/front.ts'
import { openFront } from '../../src/front/tls-front.ts'
import type { MqttListenerFile } from '../../src/gateway/config-schema.ts'
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts'
import type { GatewayEvent } from '../../src/gateway/gateway-log.ts'
import { MqttProxy } from '../../src/gateway/mqtt/mqtt-proxy.ts'
import { loopback } from '../../src/io/listen.ts'
import type { KeyFiles, MqttPki } from './mosquitto.ts'

export interface MqttRangeOptions {
  /** Lines of the upstream in YAML, without indent. */
  readonly upstream: readonly string[]
  /** Lines of the listener. */
  readonly listener?: readonly string[]
  readonly clientCertificates?: 'optional' | 'required'
}

/** A front with the MQTT proxy behind it, configured by a gateway.yaml of its own, on loopback. */
export class MqttRange {
  readonly events: GatewayEvent[] = []
  readonly proxy: MqttProxy
  readonly #pki: MqttPki
  #front: Front | undefined
  readonly #waiting: (() => void)[] = []

  constructor(pki: MqttPki, { upstream, listener = [], clientCertificates }: MqttRangeOptions) {
    this.#pki = pki
    const asked = clientCertificates && [`clientCertificates: { ask: ${clientCertificates}, ca: root.pem }`]
    const text = [
      'listeners:',
      '  - name: devices',
      '    protocol: mqtts',
      '    listen: ["127.0.0.1:0"]',
      '    certificate: { own: { names: [localhost] } }',
      '    upstream: broker',
      ...[...listener, ...(asked ?? [])].map((line) => `    ${line}`),
      'upstreams:',
      '  broker:',
      '    protocol: mqtts',
      ...upstream.map((line) => `    ${line}`),
      '',
    ].join('\n')
    const config = parseGatewayConfig(text, pki.write('gateway.yaml', text))
    this.proxy = new MqttProxy(config, config.listeners[0] as MqttListenerFile, 'broker', (event) => {
      this.events.push(event)
      for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  static async open(pki: MqttPki, options: MqttRangeOptions): Promise<MqttRange> {
    const range = new MqttRange(pki, options)
    const { certPem, keyPem } = pki.server('front', 'localhost')
    const ask = options.clientCertificates
    range.#front = await openFront(
      {
        identities: { ecdsa: { certPem, keyPem } },
        maxRecordBytes: 1024,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        oldSuites: false,
        clientCertificates: ask === undefined ? { ask: 'no' } : { ask, caPem: pki.root.pem },
        handshakeTimeoutMs: 10_000,
        maxConnections: 5_000,
      },
      { secured: (secured) => range.proxy.take(secured), failed: () => {} },
      { listen: loopback },
    )
    return range
  }

  get port(): number {
    return this.#front?.port ?? 0
  }

  /** The first event of this kind, now or later. */
  async event(what: GatewayEvent['what'], nth = 1): Promise<GatewayEvent> {
    for (;;) {
      const found = this.events.filter((one) => one.what === what)[nth - 1]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  dial(
    identity?: Pick<KeyFiles, 'certPem' | 'keyPem'>,
    maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
  ): Device {
    const socket = connect({
      host: '127.0.0.1',
      port: this.port,
      servername: 'localhost',
      ca: this.#pki.root.pem,
      maxVersion,
      ...(identity && { cert: identity.certPem, key: identity.keyPem }),
    })
    return new Device(socket)
  }

  async close(): Promise<void> {
    this.proxy.close()
    await this.#front?.close()
  }
}

/** A device that speaks MQTT by hand. */
export class Device {
  readonly socket: TLSSocket
  readonly packets: Packet[] = []
  received = Buffer.alloc(0)
  readonly closed: Promise<void>
  #waiting: (() => void)[] = []
  #over = false

  constructor(socket: TLSSocket, protocolVersion = 4) {
    this.socket = socket
    let parser = mqtt.parser({ protocolVersion })
    const wake = () => {
      for (const one of this.#waiting.splice(0)) one()
    }
    this.use = (version) => {
      parser = mqtt.parser({ protocolVersion: version })
      parser.on('packet', (packet) => this.packets.push(packet))
    }
    this.use(protocolVersion)
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      parser.parse(chunk)
      wake()
    })
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#over = true
        wake()
        resolve()
      })
    })
  }

  /** The version that what comes is read in. */
  readonly use: (protocolVersion: number) => void

  connect(packet: Partial<IConnectPacket> = {}): this {
    const version = packet.protocolVersion ?? 4
    this.use(version)
    const whole = {
      cmd: 'connect',
      protocolId: 'MQTT',
      clientId: 'dev-1',
      clean: true,
      keepalive: 60,
    } as const
    this.socket.write(mqtt.generate({ ...whole, ...packet, protocolVersion: version }))
    return this
  }

  send(packet: Packet, protocolVersion = 4): this {
    this.socket.write(mqtt.generate(packet, { protocolVersion }))
    return this
  }

  /** The nth packet that came, or undefined where the connection closed first. */
  async packet(nth = 1): Promise<Packet | undefined> {
    while (this.packets.length < nth && !this.#over) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.packets[nth - 1]
  }
}
