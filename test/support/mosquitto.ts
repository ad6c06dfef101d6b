import { execFile } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../../src/issue/certificate-extensions.ts'
import type { IssuedCertificate } from '../../src/issue/issue-certificate.ts'
import { freePort, type PeerProcess, startPeer } from './peer-process.ts'
import { testCertificate } from './test-certificate.ts'

export interface KeyFiles {
  readonly chain: string
  readonly key: string
  readonly certPem: string
  readonly keyPem: string
}

/** A folder of certificates for a broker, a gateway and devices: all of one root, P-256. */
export class MqttPki {
  readonly folder = mkdtempSync(join(tmpdir(), 'tlsfit-mqtt-'))
  readonly root: IssuedCertificate
  readonly rootFile: string

  constructor() {
    const key = newKey()
    this.root = testCertificate(
      'MQTT test root',
      key,
      undefined,
      [basicConstraints(true), keyUsage('keyCertSign')],
      { keyIds: true },
    )
    this.rootFile = this.write('root.pem', this.root.pem)
  }

  server(name: string, host = name): KeyFiles {
    return this.#issue(name, 'server', [extendedKeyUsage('serverAuth'), subjectAltName([host])])
  }

  client(name: string): KeyFiles {
    return this.#issue(name, `client-${Buffer.from(name).toString('hex')}`, [extendedKeyUsage('clientAuth')])
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #issue(name: string, file: string, extensions: Parameters<typeof testCertificate>[3]): KeyFiles {
    const key = newKey()
    const usages = [keyUsage('digitalSignature'), ...extensions]
    const { pem } = testCertificate(name, key, this.root, usages, {
      keyIds: true,
      seed: `${name} ${usages.length}`,
    })
    const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
    const at = `${file}-${name.replace(/[^\w.-]/g, '_')}`
    return {
      certPem: pem,
      keyPem,
      chain: this.write(`${at}.pem`, pem),
      key: this.write(`${at}.key`, keyPem),
    }
  }
}

/**
 * Debian's mosquitto with TLS on 127.0.0.1, under the name `localhost`; `lines` are of its configuration, see
 * mosquitto.conf(5). Of the listener unless they begin otherwise.
 */
export async function startMosquitto(pki: MqttPki, lines: readonly string[]): Promise<PeerProcess> {
  const port = await freePort()
  const { chain, key } = pki.server('localhost')
  const data = join(pki.folder, `data-${port}`)
  mkdirSync(data)
  const config = pki.write(
    `mosquitto-${port}.conf`,
    [
      'per_listener_settings true',
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      `listener ${port} 127.0.0.1`,
      `cafile ${pki.rootFile}`,
      `certfile ${chain}`,
      `keyfile ${key}`,
      ...lines,
      '',
    ].join('\n'),
  )
  return startPeer('mosquitto', ['-v', '-c', config], port)
}

export interface ToolRun {
  readonly code: number
  readonly output: string
}

/** `mosquitto_pub` or `mosquitto_sub`, which verify the front as a device would. */
export function runTool(
  tool: 'mosquitto_pub' | 'mosquitto_sub',
  pki: MqttPki,
  port: number,
  args: readonly string[],
  identity?: KeyFiles,
): Promise<ToolRun> {
  const own = identity === undefined ? [] : ['--cert', identity.chain, '--key', identity.key]
  const all = ['-h', 'localhost', '-p', String(port), '--cafile', pki.rootFile, ...own, ...args]
  return new Promise((resolve, reject) => {
    execFile(tool, all, { timeout: 20_000, encoding: 'latin1' }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return reject(new Error(`peer ${tool} is missing: npm run peers`))
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, output: stdout + stderr })
    })
  })
}

function newKey(): KeyObject {
  return createPrivateKey(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
}
