import { describe, expect, test } from 'vitest'
import { realChain, realRoot } from '../../test/support/real-certificates.ts'
import { findPaths } from './path.ts'

const azure = realChain('chain-edge-microsoft-com-g2')
const aws = realChain('chain-aws-s3-eu-west-1')
const digicertG2 = realRoot('digicert-global-root-g2')
const microsoftG2 = realRoot('microsoft-tls-rsa-root-g2')
const amazon1 = realRoot('amazon-root-ca-1')
const starfieldServices = realRoot('starfield-services-root-g2')

const indexesOf = (search: ReturnType<typeof findPaths>) => search.paths.map(({ indexes }) => indexes)
const bytesOf = (search: ReturnType<typeof findPaths>) => search.paths.map(({ bytes }) => bytes)

describe('the Azure chain of 2026: 2,352 + 1,980 + 1,421 B', () => {
  test('needs all 5,753 B for DigiCert Global Root G2', () => {
    const search = findPaths(azure, [digicertG2])
    expect(indexesOf(search)).toEqual([[0, 1, 2]])
    expect(bytesOf(search)).toEqual([5_753])
    expect(search.end).toBeUndefined()
    expect(search.bounded).toBe(false)
  })

  test('needs 4,332 B for the self-signed Microsoft root, whose cross-signed twin is not counted', () => {
    const search = findPaths(azure, [microsoftG2])
    expect(indexesOf(search)).toEqual([[0, 1]])
    expect(bytesOf(search)).toEqual([4_332])
    expect(search.paths[0]!.anchor).toBe(microsoftG2)
    expect(search.end).toBeUndefined()
  })

  test('has both paths, the smaller one first, when both roots are held', () => {
    expect(bytesOf(findPaths(azure, [digicertG2, microsoftG2]))).toEqual([4_332, 5_753])
  })

  test('without its bridge ends at the issuing CA and needs the Microsoft root', () => {
    const search = findPaths(azure.slice(0, 2), [digicertG2])
    expect(search.paths).toEqual([])
    expect(search.end).toMatchObject({ indexes: [0, 1], index: 1, selfSigned: false })
    expect(search.end?.neededIssuer.commonName).toBe('Microsoft TLS RSA Root G2')
  })
})

describe('the S3 chain of 2021: 1,887 + 1,101 + 1,174 + 1,145 B', () => {
  test('needs 2,988 B for Amazon Root CA 1', () => {
    const search = findPaths(aws, [amazon1])
    expect(indexesOf(search)).toEqual([[0, 1]])
    expect(bytesOf(search)).toEqual([2_988])
  })

  test('needs three certificates for Starfield Services G2', () => {
    const search = findPaths(aws, [starfieldServices])
    expect(indexesOf(search)).toEqual([[0, 1, 2]])
    expect(bytesOf(search)).toEqual([1_887 + 1_101 + 1_174])
  })

  test('with no anchor walks to the very end and names Starfield Class 2', () => {
    const search = findPaths(aws, [])
    expect(search.end).toMatchObject({ indexes: [0, 1, 2, 3], index: 3, selfSigned: false })
    expect(search.end?.neededIssuer.text).toContain('Starfield Class 2')
  })

  test('is found in any order, with strangers and duplicates between', () => {
    const [leaf, issuing, amazon, starfield] = aws
    const sent = [leaf!, azure[1]!, starfield!, amazon!, amazon!, issuing!]
    const search = findPaths(sent, [starfieldServices])
    expect(indexesOf(search)).toEqual([[0, 5, 3]])
    expect(bytesOf(search)).toEqual([4_162])
  })
})

describe('what is held', () => {
  test('an intermediate held as anchor ends the path below it', () => {
    const search = findPaths(azure, [azure[1]!])
    expect(indexesOf(search)).toEqual([[0]])
    expect(search.anchoredAtLeaf).toBeUndefined()
  })

  test('a leaf held as anchor is a path of no further certificates', () => {
    const search = findPaths(azure, [azure[0]!])
    expect(indexesOf(search)).toEqual([[0]])
    expect(search.anchoredAtLeaf).toBe('identical')
    expect(search.end).toBeUndefined()
  })

  test('a self-signed leaf held as anchor gives one path, not two', () => {
    const [leaf] = realChain('chain-badssl-self-signed')
    const search = findPaths([leaf!], [leaf!])
    expect(indexesOf(search)).toEqual([[0]])
    expect(search.anchoredAtLeaf).toBe('identical')
  })

  test('a self-signed leaf that is not held ends at itself', () => {
    const search = findPaths(realChain('chain-badssl-self-signed'), [amazon1])
    expect(search.end).toMatchObject({ index: 0, selfSigned: true })
  })

  test('a root that is sent is not counted when it is held', () => {
    const sent = realChain('chain-microsoft-com-2026')
    expect(indexesOf(findPaths(sent, [sent[3]!]))).toEqual([[0, 1, 2]])
    expect(findPaths(sent, [amazon1]).end).toMatchObject({ index: 3, selfSigned: true })
  })

  test('an anchor of the right name and another key is named, and gives no path', () => {
    const impostor = { ...digicertG2, publicKey: amazon1.publicKey, sha256: 'impostor' }
    const search = findPaths(azure, [impostor])
    expect(search.paths).toEqual([])
    expect(search.wrongAnchors).toEqual([{ index: 2, anchor: impostor }])
  })

  test('an issuer sent under the right name and another key is named', () => {
    const impostor = { ...azure[1]!, publicKey: amazon1.publicKey, sha256: 'impostor' }
    const search = findPaths([azure[0]!, impostor, azure[2]!], [digicertG2])
    expect(search.paths).toEqual([])
    expect(search.wrongSignatures).toEqual([{ index: 0, issuerIndex: 1 }])
    expect(search.end).toMatchObject({ index: 0 })
  })

  test('nothing sent gives nothing', () => {
    expect(findPaths([], [amazon1])).toMatchObject({ paths: [], end: undefined, bounded: false })
  })
})

describe('a chain made to keep us busy', () => {
  test('cross-signs of each other end within the bounds', () => {
    // Forty copies under one name, all with the key that signed them: every order of them is a path.
    const [root] = realChain('chain-badssl-self-signed')
    const copies = Array.from({ length: 40 }, (_, i) => ({
      ...root!,
      sha256: `copy ${i}`,
      publicKey: { ...root!.publicKey, spki: Uint8Array.from([...root!.publicKey.spki, i]) },
    }))
    const search = findPaths(copies, [])
    expect(search.bounded).toBe(true)
    expect(search.paths).toEqual([])
  })
})
