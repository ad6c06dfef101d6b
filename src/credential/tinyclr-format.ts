import type { CredentialWriter } from './credential.ts'
import { byteRows, describeAnchor, textFile } from './source-text.ts'
import { checkStored, storedAsDer } from './stored-size.ts'

/** C# for TinyCLR OS: arrays of DER, for `X509Certificate` or, behind an SPWF04, `ConfigureTls(byte[])` of GHI's driver. */
export const writeTinyClr: CredentialWriter = ({ anchors, name, limit }) => {
  const stored = anchors.map(storedAsDer)
  const className = pascalCase(name)
  const lines = [
    '// Trust anchors, written by tlsfit.',
    `public static class ${className}`,
    '{',
    ...anchors.flatMap((anchor, index) => [
      ...(index === 0 ? [] : ['']),
      `    // ${describeAnchor(anchor)}`,
      `    public static readonly byte[] Der${anchors.length === 1 ? '' : index + 1} = new byte[] {`,
      byteRows(anchor.der).replace(/^/gm, '    '),
      '    };',
    ]),
    '}',
    '',
  ]
  return {
    files: [
      textFile(`${className}.cs`, lines.join('\n'), 'C# class with the DER of each anchor'),
      ...anchors.map(({ der }, index) => ({
        name: `${name}${anchors.length === 1 ? '' : `_${index + 1}`}.der`,
        bytes: der,
        about: 'the same for a binary resource',
      })),
    ],
    stored,
    limit,
    notes: [
      `With TLS in TinyCLR: new X509Certificate(${className}.Der${anchors.length === 1 ? '' : 1}), for MQTT as its CA certificate, for HttpWebRequest in HttpsAuthentCerts`,
      'With an SPWF04 network controller TLS is in the module: give the array to ConfigureTls; its limits hold (format spwf04)',
      'That X509Certificate takes DER is inferred: the vendor states neither form nor limit',
    ],
    problems: checkStored(stored, limit),
  }
}

function pascalCase(name: string): string {
  return name
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}
