import { createBrokerFigures, type BrokerFigures } from '../figures.ts'
import type { Logger } from '../logger.ts'
import type { Machine } from '../machine.ts'
import { BrokerGathering } from './broker-gathering.ts'
import type { BrokerTexts } from './broker-text.ts'
import type { Broker, BrokerListener, BrokerMessage } from './broker.ts'
import { pause } from './retry.ts'

/** What a link tells its broker. */
export interface LinkEvents {
  /** Something was published, by whichever node, this one too. */
  readonly text: (text: string) => void
  /** The link is of no use any more; said once or several times. */
  readonly broken: (error: unknown) => void
}

/** One life of a connection to what carries the texts. It never connects again by itself: the broker opens another. */
export interface Link {
  /** Resolves when the texts are on their way; rejects when they may not be. */
  send(texts: readonly string[]): Promise<void>
  /** Lets go of its sockets, at once, also when nobody answers any more. */
  close(): void
}

/** Opens a link that listens already. Rejects within seconds when there is none to be had. */
export type OpenLink = (events: LinkEvents) => Promise<Link>

export interface LinkedBrokerOptions {
  /** Where it counts. */
  readonly figures?: BrokerFigures | undefined
  readonly openLink: OpenLink
  readonly texts: BrokerTexts
  readonly machine: Pick<Machine, 'after' | 'every' | 'random'>
  readonly log: Pick<Logger, 'warn' | 'info'>
}

/**
 * A link is asked so often whether it carries anything, by a text that must come back. What was not back at the next
 * question never comes: the other end is gone without a word, or listens to nobody.
 */
const ECHO_MS = 5000
const FIRST_WAIT_MS = 100
/** With the random part, at most this between two tries. */
const MAX_WAIT_MS = 2000

/** A broker over a link that may break at any time and is then opened anew. */
export class LinkedBroker implements Broker {
  readonly #options: LinkedBrokerOptions
  readonly #ending = new AbortController()
  readonly #gathering = new BrokerGathering()
  readonly #figures: BrokerFigures
  #listener: BrokerListener | undefined
  #link: Link | undefined
  #sending = false
  #echoDue = false
  /** Links in a row that broke, or were not to be had, before they had carried anything. */
  #failures = 0
  #endLink: (error: unknown) => void = () => undefined
  #living: Promise<void> = Promise.resolve()

  constructor(options: LinkedBrokerOptions) {
    this.#options = options
    this.#figures = options.figures ?? createBrokerFigures()
  }

  publish(message: BrokerMessage): void {
    if (this.#link === undefined) {
      this.#figures.dropped += 1
      return
    }
    this.#figures.published += 1
    this.#gathering.add(message)
    this.#flush()
  }

  listen(listener: BrokerListener): Promise<void> {
    this.#listener = listener
    return new Promise((resolve) => {
      this.#living = this.#live(resolve)
    })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    this.#listener = undefined
    await this.#living
  }

  /** @param tried called when the first try has succeeded or failed */
  async #live(tried: () => void): Promise<void> {
    const { machine, log } = this.#options
    const { signal } = this.#ending
    const isOver = () => signal.aborted
    for (let life = 0; !isOver(); life += 1) {
      const error = await this.#liveOnce(() => {
        if (life > 0) this.#missed()
        tried()
      })
      tried()
      if (isOver()) return
      // Not each of many tries: an operator who has no broker for a day has a log all the same.
      if (this.#failures === 0) log.warn({ err: error }, 'no link to the broker; trying again')
      this.#failures += 1
      const wait = Math.min(FIRST_WAIT_MS * 2 ** this.#failures, MAX_WAIT_MS)
      await pause(machine, wait * (0.5 + machine.random() / 2), signal)
    }
  }

  /** Opens a link and waits for its end. Answers why it ended; never rejects. */
  async #liveOnce(opened: () => void): Promise<unknown> {
    // Of this life: what a link says after its end must not end the next one.
    let end = (_error: unknown): void => {}
    const ended = new Promise<unknown>((resolve) => {
      end = resolve
    })
    this.#endLink = end
    const { signal } = this.#ending
    const stop = () => end(undefined)
    signal.addEventListener('abort', stop)
    const opening = this.#options.openLink({ text: (text) => this.#heard(text), broken: end })
    let stopEchoes = (): void => {}
    try {
      this.#link = await Promise.race([opening, ended.then(gaveUp)])
      this.#figures.connected = true
      this.#echoDue = false
      stopEchoes = this.#options.machine.every(ECHO_MS, () => this.#askForEcho())
      this.#askForEcho()
      opened()
      return await ended
    } catch (error) {
      return error
    } finally {
      stopEchoes()
      this.#link = undefined
      this.#figures.connected = false
      this.#gathering.clear()
      opening.then(
        (link) => link.close(),
        () => undefined,
      )
      signal.removeEventListener('abort', stop)
    }
  }

  #missed(): void {
    this.#figures.missed += 1
    this.#listener?.missed()
  }

  #askForEcho(): void {
    if (this.#echoDue) {
      this.#endLink(new Error('what was published did not come back'))
      return
    }
    this.#echoDue = true
    this.#link?.send(this.#options.texts.write([])).catch(this.#endLink)
  }

  /** One sending at a time: what is published meanwhile goes together. */
  #flush(): void {
    if (this.#sending) return
    this.#sending = true
    queueMicrotask(() => void this.#send())
  }

  async #send(): Promise<void> {
    const { texts } = this.#options
    while (!this.#gathering.isEmpty) {
      const link = this.#link
      const written = texts.write(this.#gathering.take())
      try {
        await link?.send(written)
      } catch (error) {
        if (link === this.#link) this.#endLink(error)
        this.#gathering.clear()
      }
    }
    this.#sending = false
  }

  #heard(text: string): void {
    const incoming = this.#options.texts.read(text)
    if (incoming?.own === true) this.#hasCarried()
    if (incoming?.own !== false) return
    this.#figures.received += incoming.messages.length
    for (const message of incoming.messages) this.#listener?.message(message)
  }

  /** A text of our own has come back: the link carries, both ways. */
  #hasCarried(): void {
    this.#echoDue = false
    if (this.#failures > 0) this.#options.log.info('the broker is linked again')
    this.#failures = 0
  }
}

/** The end came before the link. */
function gaveUp(reason: unknown): never {
  throw reason instanceof Error ? reason : new Error('the link was given up')
}
