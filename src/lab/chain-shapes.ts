import { element, integer, objectIdentifier, sequence } from '../issue/der.ts'
import type { NameToWrite } from '../issue/issue-certificate.ts'
import type { CertificateShape } from './chain-shape.ts'

/*
 * Shapes of real certificates of the five cases, read from public chains (test/fixtures/chains) or from the
 * length field of one quoted in a support thread. Names are the lab's own, of the same length or a byte less:
 *   Digilab   stands for DigiCert        Forest      for Amazon Trust Services
 *   Skyshelf  for Microsoft              Moonfield   for Starfield
 *   Rotterdam for Baltimore CyberTrust
 */

const anyPolicy = { oid: '2.5.29.32.0' }
const domainValidated = { oid: '2.23.140.1.2.1' }
const organizationValidated = { oid: '2.23.140.1.2.2' }

const caUsages = ['digitalSignature', 'keyCertSign', 'cRLSign'] as const
const leafUsages = ['digitalSignature', 'keyEncipherment'] as const

/** Extensions of Microsoft's CA software: template name, CA version, template and application policies. */
const templateSubCa = { oid: '1.3.6.1.4.1.311.20.2', der: element(0x1e, Buffer.from('\0S\0u\0b\0C\0A')) }
const caVersion = { oid: '1.3.6.1.4.1.311.21.1', der: integer(0) }
const template = {
  oid: '1.3.6.1.4.1.311.21.7',
  der: sequence(
    objectIdentifier(`1.3.6.1.4.1.311.21.8${'.123456789'.repeat(7)}`),
    integer(100),
    integer(0x20),
  ),
}
const applicationPolicies = {
  oid: '1.3.6.1.4.1.311.21.10',
  der: sequence(sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))),
}

const digilabUrls = {
  ocsp: ['http://ocsp.digilab.test'],
  caIssuers: ['http://cacerts.digilab.test/DigilabGlobalRootG2.crt'],
  crls: ['http://crl3.digilab.test/DigilabGlobalRootG2.crl'],
}

export const digilabRoot: CertificateShape = {
  like: 'DigiCert Global Root G2 (root-digicert-global-root-g2.pem)',
  derBytes: 914,
  subject: [
    ['C', 'US'],
    ['O', 'Digilab Inc.'],
    ['OU', 'www.digilab.test'],
    ['CN', 'Digilab Global Root G2'],
  ],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 16,
  sinceDays: 4_800,
  untilDays: 4_100,
  ca: {},
  usages: caUsages,
}

const skyshelfRootName = [
  ['C', 'US'],
  ['O', 'Skyshelf Corporation'],
  ['CN', 'Skyshelf TLS RSA Root G2'],
] as const

/** The new root itself: some load it and meet the same error. */
export const skyshelfRoot: CertificateShape = {
  like: 'Microsoft TLS RSA Root G2, self-signed (root-microsoft-tls-rsa-root-g2-selfsigned.pem)',
  derBytes: 1412,
  subject: skyshelfRootName,
  key: 'rsa-4096',
  hash: 'sha384',
  serialBytes: 16,
  sinceDays: 600,
  untilDays: 4_900,
  ca: {},
  usages: caUsages,
  raw: [caVersion],
}

/** The same name and key, signed by the old root: the certificate more that the new chain sends. */
export const skyshelfCrossSign: CertificateShape = {
  like: 'Microsoft TLS RSA Root G2, signed by DigiCert Global Root G2 (chain-edge-microsoft-com-g2.pem, 2)',
  derBytes: 1421,
  subject: skyshelfRootName,
  key: 'rsa-4096',
  hash: 'sha384',
  serialBytes: 16,
  sinceDays: 550,
  untilDays: 940,
  ca: {},
  usages: caUsages,
  purposes: ['serverAuth'],
  policies: [organizationValidated],
  ...digilabUrls,
}

export const skyshelfIssuingCa: CertificateShape = {
  like: 'Microsoft TLS G2 RSA CA OCSP 04 (chain-edge-microsoft-com-g2.pem, 1)',
  derBytes: 1980,
  subject: [
    ['C', 'US'],
    ['O', 'Skyshelf Corporation'],
    ['CN', 'Skyshelf TLS G2 RSA CA OCSP 02'],
  ],
  key: 'rsa-4096',
  hash: 'sha384',
  serialBytes: 19,
  sinceDays: 480,
  untilDays: 920,
  ca: { pathLength: 0 },
  usages: caUsages,
  purposes: ['serverAuth'],
  policies: [organizationValidated],
  raw: [caVersion, templateSubCa],
  caIssuers: [
    'http://www.skyshelf.test/pkiops/certs/Skyshelf%20TLS%20RSA%20Root%20G2%20-%20xsign.crt',
    'http://caissuers.skyshelf.test/pkiops/certs/Skyshelf%20TLS%20RSA%20Root%20G2%20-%20xsign.crt',
  ],
  ocsp: ['http://oneocsp.skyshelf.test/ocsp'],
  crls: [
    'http://www.skyshelf.test/pkiops/crl/Skyshelf%20TLS%20RSA%20Root%20G2.crl',
    'http://crl2.skyshelf.test/pkiops/crl/Skyshelf%20TLS%20RSA%20Root%20G2.crl',
  ],
}

const blobNames = { first: ['*.blob.skyshelf.test', 'localhost'], filler: '.blob.storage.skyshelf.test' }
const blobSubject = [
  ['C', 'US'],
  ['ST', 'WA'],
  ['L', 'Redmond'],
  ['O', 'Skyshelf Corporation'],
  ['CN', '*.blob.skyshelf.test'],
] as const

/** A leaf of the new chain. The names take the room that the real one's longer URLs have. */
export const newBlobLeaf: CertificateShape = {
  like: 'edge.microsoft.com (chain-edge-microsoft-com-g2.pem, 0)',
  derBytes: 2352,
  subject: blobSubject,
  key: 'rsa-2048',
  hash: 'sha384',
  serialBytes: 19,
  sinceDays: 30,
  untilDays: 150,
  ca: undefined,
  usages: leafUsages,
  purposes: ['serverAuth'],
  policies: [
    organizationValidated,
    { oid: '1.3.6.1.4.1.311.76.509.1.1', cps: 'http://www.skyshelf.test/pkiops/Docs/Repository.htm' },
  ],
  scts: 3,
  raw: [applicationPolicies, template],
  caIssuers: ['http://www.skyshelf.test/pkiops/certs/Skyshelf%20TLS%20G2%20RSA%20CA%20OCSP%2002.crt'],
  ocsp: ['http://oneocsp.skyshelf.test/ocsp'],
  crls: ['http://www.skyshelf.test/pkiops/crl/Skyshelf%20TLS%20G2%20RSA%20CA%20OCSP%2002_Partition00071.crl'],
  names: blobNames,
}

export const oldBlobIssuingCa: CertificateShape = {
  like: 'Microsoft Azure RSA TLS Issuing CA 04 (int-microsoft-azure-rsa-tls-issuing-ca-04-xsigned-by-digicert.pem)',
  derBytes: 1456,
  subject: [
    ['C', 'US'],
    ['O', 'Skyshelf Corporation'],
    ['CN', 'Skyshelf Cloud RSA TLS Issuing CA 04'],
  ],
  key: 'rsa-4096',
  hash: 'sha384',
  serialBytes: 16,
  sinceDays: 900,
  untilDays: 500,
  ca: { pathLength: 0 },
  usages: caUsages,
  purposes: ['serverAuth', 'clientAuth'],
  policies: [domainValidated, organizationValidated],
  ...digilabUrls,
}

export const oldBlobLeaf: CertificateShape = {
  like: 'metadata.azure.com under Azure RSA TLS Issuing CA 08 (length field, coder/coder azureidentity_test.go)',
  derBytes: 2184,
  subject: blobSubject,
  key: 'rsa-2048',
  hash: 'sha384',
  serialBytes: 19,
  sinceDays: 60,
  untilDays: 200,
  ca: undefined,
  usages: leafUsages,
  purposes: ['serverAuth', 'clientAuth'],
  policies: [organizationValidated],
  scts: 3,
  raw: [applicationPolicies, template],
  caIssuers: ['http://www.skyshelf.test/pkiops/certs/Skyshelf%20Cloud%20RSA%20TLS%20Issuing%20CA%2004.crt'],
  ocsp: ['http://oneocsp.skyshelf.test/ocsp'],
  crls: ['http://www.skyshelf.test/pkiops/crl/Skyshelf%20Cloud%20RSA%20TLS%20Issuing%20CA%2004.crl'],
  names: blobNames,
}

export const forestRoot: CertificateShape = {
  like: 'Amazon Root CA 1 (root-amazon-ca-1.pem)',
  derBytes: 837,
  subject: [
    ['C', 'US'],
    ['O', 'Forest'],
    ['CN', 'Forest Root CA 1'],
  ],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 19,
  sinceDays: 4_000,
  untilDays: 4_100,
  ca: {},
  usages: caUsages,
}

/** The cross-sign of the root that servers still send although devices hold the root. */
export const forestCrossSign: CertificateShape = {
  ...forestRoot,
  like: 'Amazon Root CA 1, signed by Starfield Services G2 (chain-aws-s3-eu-west-1.pem, 2)',
  derBytes: 1174,
  serialBytes: 19,
  policies: [anyPolicy],
  ocsp: ['http://ocsp.rootg2.forestsign.test'],
  caIssuers: ['http://crt.rootg2.forestsign.test/rootg2.cer'],
  crls: ['http://crl.rootg2.forestsign.test/rootg2.crl'],
}

export const moonfieldCrossSign: CertificateShape = {
  like: 'Starfield Services Root G2, signed by Starfield Class 2 (chain-aws-s3-eu-west-1.pem, 3)',
  derBytes: 1145,
  subject: [
    ['C', 'US'],
    ['ST', 'Arizona'],
    ['L', 'Scottsdale'],
    ['O', 'Moonfield Technologies, Inc.'],
    ['CN', 'Moonfield Services Root Certificate Authority - G2'],
  ],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 9,
  sinceDays: 6_000,
  untilDays: 2_800,
  ca: {},
  usages: caUsages,
  policies: [anyPolicy],
  ocsp: ['http://o.s.test/'],
  caIssuers: ['http://x.s.test/x.cer'],
  crls: ['http://s.s.test/r.crl'],
}

/** Signs the cross-sign; its own certificate is never sent nor held. */
export const moonfieldClass2Name = [
  ['C', 'US'],
  ['O', 'Moonfield Technologies, Inc.'],
  ['OU', 'Moonfield Class 2 Certification Authority'],
] as const satisfies NameToWrite

export const forestIssuingCa: CertificateShape = {
  like: 'Amazon Server CA 1B (chain-aws-s3-eu-west-1.pem, 1)',
  derBytes: 1101,
  subject: [
    ['C', 'US'],
    ['O', 'Forest'],
    ['OU', 'Server CA 1B'],
    ['CN', 'Forest'],
  ],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 19,
  sinceDays: 3_000,
  untilDays: 900,
  ca: { pathLength: 0 },
  usages: caUsages,
  policies: [domainValidated],
  ocsp: ['http://ocsp.rootca1.forestsign.test'],
  caIssuers: ['http://crt.rootca1.forestsign.test/rootca1.cer'],
  crls: ['http://crl.rootca1.forestsign.test/rootca1.crl'],
}

const forestLeaf = {
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 16,
  sinceDays: 60,
  untilDays: 300,
  ca: undefined,
  usages: leafUsages,
  purposes: ['serverAuth', 'clientAuth'],
  policies: [domainValidated],
  scts: 2,
  ocsp: ['http://ocsp.sca1b.forestsign.test'],
  caIssuers: ['http://crt.sca1b.forestsign.test/sca1b.crt'],
  crls: ['http://crl.sca1b.forestsign.test/sca1b.crl'],
} as const satisfies Partial<CertificateShape>

export const iotLeaf: CertificateShape = {
  ...forestLeaf,
  like: '*.iot.ap-northeast-1.amazonaws.com, 2020 (length field, wolfSSL/wolfMQTT issue 184)',
  derBytes: 1459,
  subject: [['CN', '*.iot.eu-west-1.forest.test']],
  names: { first: ['*.iot.eu-west-1.forest.test', 'localhost'], filler: '.forest.test' },
}

export const cdnLeaf: CertificateShape = {
  ...forestLeaf,
  like: '*.s3-eu-west-1.amazonaws.com (chain-aws-s3-eu-west-1.pem, 0)',
  derBytes: 1887,
  subject: [['CN', '*.s3.forest.test']],
  names: { first: ['*.s3.forest.test', 'localhost'], filler: '.s3.forest.test' },
}

export const rotterdamRoot: CertificateShape = {
  like: 'Baltimore CyberTrust Root (root-baltimore-cybertrust.pem)',
  derBytes: 891,
  subject: [
    ['C', 'IE'],
    ['O', 'Rotterdam'],
    ['OU', 'QuaysTrust'],
    ['CN', 'Rotterdam QuaysTrust Root'],
  ],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 4,
  sinceDays: 6_900,
  untilDays: 2_100,
  ca: { pathLength: 3 },
  usages: ['keyCertSign', 'cRLSign'],
}

export const tableIssuingCa: CertificateShape = {
  like: 'Microsoft IT TLS CA 2 (int-microsoft-it-tls-ca-2.pem)',
  derBytes: 1464,
  subject: [
    ['C', 'US'],
    ['ST', 'Washington'],
    ['L', 'Redmond'],
    ['O', 'Skyshelf Corporation'],
    ['OU', 'Skyshelf IT'],
    ['CN', 'Skyshelf IT TLS CA 2'],
  ],
  key: 'rsa-4096',
  hash: 'sha256',
  serialBytes: 16,
  sinceDays: 1_100,
  untilDays: 1_800,
  ca: { pathLength: 0 },
  usages: caUsages,
  purposes: ['serverAuth', 'clientAuth', 'ocspSigning'],
  policies: [{ ...anyPolicy, cps: 'https://www.digilab.test/CPS' }],
  ocsp: ['http://ocsp.digilab.test'],
  crls: ['http://crl3.digilab.test/Quaysroot2025.crl'],
}

/** Before the renewal: the host's own few names and stamps. */
export const tableLeafBefore: CertificateShape = {
  like: '*.azure-devices.net, 2023 (length field, Azure/azure-iot-explorer issue 604)',
  derBytes: 2105,
  subject: [['CN', '*.table.skyshelf.test']],
  key: 'rsa-2048',
  hash: 'sha256',
  serialBytes: 19,
  sinceDays: 400,
  untilDays: 330,
  ca: undefined,
  usages: leafUsages,
  purposes: ['clientAuth', 'serverAuth'],
  policies: [{ oid: '1.3.6.1.4.1.311.42.1', cps: 'http://www.skyshelf.test/pki/mscorp/cps' }],
  scts: 2,
  raw: [applicationPolicies, template],
  caIssuers: ['http://www.skyshelf.test/pki/mscorp/Skyshelf%20IT%20TLS%20CA%202.crt'],
  ocsp: ['http://ocsp.skyocsp.test'],
  crls: [
    'http://mscrl.skyshelf.test/pki/mscorp/crl/Skyshelf%20IT%20TLS%20CA%202.crl',
    'http://crl.skyshelf.test/pki/mscorp/crl/Skyshelf%20IT%20TLS%20CA%202.crl',
  ],
  names: { first: ['*.table.skyshelf.test', 'localhost'], filler: '.table.store.skyshelf.test' },
}

/** After it: twice the timestamps and the names of a whole region. */
export const tableLeafRenewed: CertificateShape = {
  ...tableLeafBefore,
  like: 'leaf of a table.core.windows.net account after its renewal in 2019 (read off a capture, GHI forum)',
  derBytes: 3813,
  sinceDays: 5,
  scts: 4,
}
