import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

/** A key and a certificate that it has signed itself, for 127.0.0.1, as PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17 } as const
const SEQUENCE = 0x30
const SET = 0x31

/** One value of DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length =
    body.length < 0x80
      ? Buffer.from([body.length])
      : Buffer.from([0x82, body.length >> 8, body.length & 0xff])
  return Buffer.concat([Buffer.from([tag]), length, body])
}

const oid = (hex: string) => der(TAG.oid, Buffer.from(hex, 'hex'))
const ECDSA_WITH_SHA256 = '2a8648ce3d040302'
const COMMON_NAME = '550403'
const SUBJECT_ALT_NAME = '551d11'

const time = (date: Date) =>
  der(TAG.time, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`))

/** Makes a certificate that is good for a day. */
export function makeCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, oid(ECDSA_WITH_SHA256))
  const commonName = der(SEQUENCE, oid(COMMON_NAME), der(TAG.utf8, Buffer.from('a test')))
  const name = der(SEQUENCE, der(SET, commonName))
  const [from, to] = [Date.now() - 3_600_000, Date.now() + 86_400_000].map((at) => new Date(at))
  const validity = der(SEQUENCE, ...[from, to].flatMap((at) => (at === undefined ? [] : time(at))))
  const address = der(SEQUENCE, der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = der(SEQUENCE, oid(SUBJECT_ALT_NAME), der(TAG.octets, address))
  const toBeSigned = der(
    SEQUENCE,
    der(0xa0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extension)),
  )
  const signature = createSign('sha256').update(toBeSigned).sign(privateKey)
  const bits = der(TAG.bits, Buffer.concat([Buffer.from([0]), signature]))
  const whole = der(SEQUENCE, toBeSigned, algorithm, bits)
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}
