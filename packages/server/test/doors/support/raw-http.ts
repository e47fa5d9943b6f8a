import { connect } from 'node:net'

/** For an answer, on a machine with much else to do. */
const ANSWER_MS = 45_000
/** After what has been answered: a connection may stay open. */
const QUIET_MS = 1_000

/** Sends bytes as they are and answers what came back until the server hung up or fell silent. */
export function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const end = (): void => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.setTimeout(ANSWER_MS, end)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      socket.setTimeout(QUIET_MS)
    })
    socket.on('error', end)
    socket.on('close', end)
    socket.write(bytes)
  })
}

/** The status of a raw answer; 0 when there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}
