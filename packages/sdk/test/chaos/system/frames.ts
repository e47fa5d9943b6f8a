/** A piece of what a server sends: a whole WebSocket frame of text, or bytes that may not change their place. */
export interface Unit {
  readonly bytes: Buffer
  readonly isFrame: boolean
}

const HEAD_END = Buffer.from('\r\n\r\n')
const TEXT_AND_FIN = 0x81

/**
 * Cuts what a server sends on one connection into frames, once the connection has become a WebSocket; before, and on any
 * other connection, the bytes go through as they come. A server's frames are not masked.
 */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0)
  #phase: 'head' | 'frames' | 'other' = 'head'

  cut(chunk: Buffer): readonly Unit[] {
    if (this.#phase === 'other') return [{ bytes: chunk, isFrame: false }]
    this.#rest = Buffer.concat([this.#rest, chunk])
    if (this.#phase === 'head') return this.#head()
    return this.#frames()
  }

  #head(): readonly Unit[] {
    const start = this.#rest.subarray(0, 12).toString('latin1')
    if (!'HTTP/1.1 101'.startsWith(start)) {
      this.#phase = 'other'
      return [{ bytes: this.#take(this.#rest.length), isFrame: false }]
    }
    const end = this.#rest.indexOf(HEAD_END)
    if (end === -1) return []
    this.#phase = 'frames'
    const head = { bytes: this.#take(end + HEAD_END.length), isFrame: false }
    return [head, ...this.#frames()]
  }

  #frames(): readonly Unit[] {
    const units: Unit[] = []
    for (let length = this.#length(); length !== undefined; length = this.#length()) {
      const bytes = this.#take(length)
      units.push({ bytes, isFrame: bytes[0] === TEXT_AND_FIN })
    }
    return units
  }

  /** Of the next frame, head included; undefined when it is not here as a whole. */
  #length(): number | undefined {
    const short = (this.#rest[1] ?? 0) & 0x7f
    const headLength = short === 127 ? 10 : short === 126 ? 4 : 2
    if (this.#rest.length < headLength) return undefined
    const body =
      short === 127
        ? Number(this.#rest.readBigUInt64BE(2))
        : short === 126
          ? this.#rest.readUInt16BE(2)
          : short
    return this.#rest.length < headLength + body ? undefined : headLength + body
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }
}
