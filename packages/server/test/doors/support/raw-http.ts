import { connect } from 'node:net'

/** Sends bytes as they are and answers what came back until the server hung up or fell silent for `quietMs`. */
export function sendRaw(port: number, bytes: string | Buffer, quietMs = 300): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const end = (): void => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.setTimeout(quietMs, end)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', end)
    socket.on('close', end)
    socket.write(bytes)
  })
}

/** The status of a raw answer; 0 when there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}
