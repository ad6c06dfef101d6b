import { createHash, type KeyObject } from 'node:crypto'
import { unlessBroken } from '../codec/decode-error.ts'
import type { Chain } from '../observe/observation.ts'
import { checkSignature } from '../trust/check-signature.ts'
import { lacksIntermediate } from '../trust/missing-issuer.ts'
import type { KnownRoot } from '../trust/trust-store.ts'
import type { Certificate } from '../x509/certificate.ts'
import { decodeCertificate, equalBytes } from '../x509/decode-certificate.ts'
import { DerReader, tags } from '../x509/der.ts'
import { issueRootNamed } from './issue-root.ts'
import { rekeyCertificate } from './rekey-certificate.ts'
import { signerKindOf } from './sign-like.ts'
import type { TwinKeys } from './twin-keys.ts'

/** A chain that can be served: as it was observed, but for its keys. */
export interface RekeyedChain {
  /** DER in the order observed. */
  readonly sent: readonly Uint8Array[]
  readonly leafKey: KeyObject
  /** What a device can hold for it. */
  readonly roots: readonly LabRoot[]
  /** Issuers that were not sent and are no roots, as far as can be told: no device holds them. */
  readonly issuersMissing: readonly string[]
  /** What could not be made as it was observed. */
  readonly notReplayed: readonly string[]
}

export interface LabRoot {
  readonly der: Uint8Array
  readonly name: string
  /** The public root that it stands for; undefined for one of a private CA. */
  readonly known: KnownRoot | undefined
  /** The root itself was not seen: only its name is known, from what it issued. */
  readonly supposed: boolean
}

export interface RekeyOptions {
  readonly keys: TwinKeys
  readonly knownRoots: readonly KnownRoot[]
}

/** A string says why the chain cannot be served at all. */
export async function rekeyChain(chain: Chain, options: RekeyOptions): Promise<RekeyedChain | string> {
  const read: Certificate[] = []
  for (const [index, der] of chain.certificates.entries()) {
    const certificate = readOne(der, chain, index)
    // The server is Node's, and its OpenSSL sends no bytes that it cannot read.
    if (certificate === undefined)
      return `certificate ${index + 1} cannot be read, and so cannot be signed anew`
    read.push(certificate)
  }
  return new ChainRekeying(read, options).run()
}

function readOne(der: Uint8Array, { signatureClaims }: Chain, index: number): Certificate | undefined {
  return unlessBroken(() => ({ ...decodeCertificate(der), signatureClaims: signatureClaims?.[index] }))
}

/** Who signed one certificate. */
type Signer =
  | { readonly by: 'sent' | 'known'; readonly certificate: Certificate }
  /** Of the issuer only the name is known; `root`: no certificate sent bears it. */
  | { readonly by: 'unseen'; readonly root: boolean }

class ChainRekeying {
  readonly #sent: readonly Certificate[]
  readonly #keys: TwinKeys
  readonly #knownRoots: readonly KnownRoot[]
  readonly #keyIds = new Map<string, Uint8Array>()
  readonly #unseen = new Map<
    string,
    { readonly key: KeyObject; readonly for: Certificate; readonly root: boolean }
  >()
  readonly #notReplayed: string[] = []

  constructor(sent: readonly Certificate[], { keys, knownRoots }: RekeyOptions) {
    this.#sent = sent
    this.#keys = keys
    this.#knownRoots = knownRoots
  }

  async run(): Promise<RekeyedChain | string> {
    const [leaf] = this.#sent
    if (leaf === undefined) return 'the chain is empty'
    const leafKey = (await this.#keys.of(leaf.publicKey))?.key
    if (leafKey === undefined) return 'the first certificate has a key of a kind that we make none of'
    // OpenSSL chooses no ECDSA suite for it: ssl_set_masks in ssl/ssl_lib.c.
    if (leafKey.asymmetricKeyType === 'ec' && leaf.keyUsage?.includes('digitalSignature') === false)
      return 'the first certificate has an EC key that must not sign (keyUsage), so a server can do nothing with it'
    const known = this.#knownRoots.filter(({ certificate }) => this.#reached(certificate))
    const all = [...this.#sent, ...known.map(({ certificate }) => certificate)]
    await Promise.all(all.map((one) => this.#noteKeyId(one)))
    const signers = this.#sent.map((one) => this.#signerOf(one))
    const sent: Uint8Array[] = []
    for (const [index, one] of this.#sent.entries())
      sent.push(await this.#rekeyed(one, index, signers[index]!))
    return {
      sent,
      leafKey,
      roots: [
        ...(await this.#knownTwins(known, sent)),
        ...this.#selfSigned(sent, known),
        ...this.#supposed(),
      ],
      notReplayed: this.#notReplayed,
      issuersMissing: [...this.#unseen.values()]
        .filter(({ root, for: issued }) => root && lacksIntermediate(issued))
        .map(({ for: issued }) => issued.issuer.commonName ?? issued.issuer.text),
    }
  }

  /** Whether one that was sent is signed by this root. */
  #reached(root: Certificate): boolean {
    return this.#sent.some(
      (one) => equalBytes(one.issuer.der, root.subject.der) && checkSignature(one, root) === 'valid',
    )
  }

  async #noteKeyId({ publicKey }: Certificate): Promise<void> {
    const twin = await this.#keys.of(publicKey)
    if (twin === undefined) return
    const [before, after] = [keyIdsOf(publicKey.spki), keyIdsOf(twin.spki)]
    for (const [at, id] of before.entries()) this.#keyIds.set(id.toString('hex'), after[at] as Buffer)
  }

  #signerOf(certificate: Certificate): Signer {
    const signedBy = (issuer: Certificate) => checkSignature(certificate, issuer) === 'valid'
    const named = (issuer: Certificate) => equalBytes(certificate.issuer.der, issuer.subject.der)
    const sent = this.#sent.find((one) => named(one) && signedBy(one)) ?? this.#sent.find(signedBy)
    if (sent !== undefined) return { by: 'sent', certificate: sent }
    const known = this.#knownRoots.find(({ certificate: root }) => named(root) && signedBy(root))
    if (known !== undefined) return { by: 'known', certificate: known.certificate }
    return { by: 'unseen', root: !this.#sent.some(named) }
  }

  async #rekeyed(certificate: Certificate, index: number, signer: Signer): Promise<Uint8Array> {
    const twin = await this.#keys.of(certificate.publicKey)
    const key =
      signer.by === 'unseen'
        ? this.#unseenKey(certificate, signer.root)
        : this.#keys.of(signer.certificate.publicKey).then((one) => one?.key)
    const rekeying = { spki: twin?.spki, keyIds: this.#keyIds, signer: await key }
    const { der, signed } = rekeyCertificate(certificate, rekeying)
    const which = `certificate ${index + 1}`
    if (twin === undefined) this.#notReplayed.push(`${which} keeps its key: we make none of that kind`)
    if (!signed)
      this.#notReplayed.push(`the signature of ${which} (${certificate.signatureAlgorithm}) verifies nowhere`)
    if (der.length !== certificate.der.length) {
      this.#notReplayed.push(`${which} has ${der.length} B in place of ${certificate.der.length}`)
    }
    return der
  }

  /** One for all that name the same issuer and key. */
  async #unseenKey(certificate: Certificate, root: boolean): Promise<KeyObject | undefined> {
    const kind = signerKindOf(certificate)
    if (kind === undefined) return undefined
    const name = `${Buffer.from(certificate.issuer.der).toString('hex')} ${certificate.authorityKeyId} ${JSON.stringify(kind)}`
    const known = this.#unseen.get(name)
    if (known !== undefined) return known.key
    const key = await this.#keys.fresh(kind)
    this.#unseen.set(name, { key, for: certificate, root })
    return key
  }

  async #knownTwins(known: readonly KnownRoot[], sent: readonly Uint8Array[]): Promise<LabRoot[]> {
    const roots: LabRoot[] = []
    for (const root of known) {
      const { certificate } = root
      const twin = await this.#keys.of(certificate.publicKey)
      if (twin === undefined) continue
      const { spki, key } = twin
      // One that the server sends itself is held as sent: signed again, its bytes could differ.
      const at = this.#sent.findIndex(({ sha256 }) => sha256 === certificate.sha256)
      // A root of the stores signs itself: its own key, in our twin's too.
      const der = sent[at] ?? rekeyCertificate(certificate, { spki, keyIds: this.#keyIds, signer: key }).der
      const name = certificate.subject.commonName ?? certificate.subject.text
      roots.push({ der, name, known: root, supposed: false })
    }
    return roots
  }

  /** Roots that the server sends itself. */
  #selfSigned(sent: readonly Uint8Array[], known: readonly KnownRoot[]): LabRoot[] {
    return this.#sent.flatMap((one, index) => {
      if (!one.selfIssued || checkSignature(one, one) !== 'valid') return []
      if (known.some(({ certificate }) => certificate.sha256 === one.sha256)) return []
      const name = one.subject.commonName ?? one.subject.text
      return [{ der: sent[index] as Uint8Array, name, known: undefined, supposed: false }]
    })
  }

  #supposed(): LabRoot[] {
    return [...this.#unseen.values()]
      .filter(({ root, for: issued }) => root && !lacksIntermediate(issued))
      .map(({ key, for: issued }) => ({
        der: issueRootNamed(issued, key),
        name: issued.issuer.commonName ?? issued.issuer.text,
        known: undefined,
        supposed: true,
      }))
  }
}

/** RFC 5280 §4.2.1.2 method 1, RFC 7093 §2 methods 1 to 3 cut to 20 bytes, and SHA-1 or SHA-256 over the whole key. */
function keyIdsOf(spki: Uint8Array): Buffer[] {
  const fields = new DerReader(spki, 'SubjectPublicKeyInfo', new Set()).sequence('info')
  fields.expect(tags.sequence, 'algorithm')
  const bits = fields.expect(tags.bitString, 'subjectPublicKey').value.subarray(1)
  const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest()
  return [
    hash('sha1', bits),
    hash('sha1', spki),
    ...['sha256', 'sha384', 'sha512'].map((name) => hash(name, bits).subarray(0, 20)),
    hash('sha256', bits),
    hash('sha256', spki),
  ]
}
