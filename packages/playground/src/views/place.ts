/** So near to the end that what comes is followed, in pixels. */
const NEAR = 48

/** Where one is in something that scrolls and grows at its end, and sometimes at its beginning. */
export interface Place {
  isAtEnd(): boolean
  toEnd(): void
  /** Lets something change the content without moving what is being looked at, or goes on following the end. */
  around(change: () => void): void
}

/** Keeps the place of `scroller`, whose content is made of `rows`. */
export function keepPlace(scroller: HTMLElement, rows: string): Place {
  let follows = true
  let top = 0
  const isAtEnd = (): boolean =>
    scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR
  const toEnd = (): void => {
    follows = true
    scroller.scrollTop = scroller.scrollHeight
    top = scroller.scrollTop
  }
  const lookAgain = (): void => {
    if (scroller.scrollTop === top) return
    top = scroller.scrollTop
    follows = isAtEnd()
  }
  scroller.addEventListener('scroll', lookAgain)
  // Also when the column changes its size, or is laid out for the first time. It ends with the element.
  new ResizeObserver(() => {
    if (follows) toEnd()
  }).observe(scroller)
  const firstInView = (): Element | undefined => {
    const { top } = scroller.getBoundingClientRect()
    return [...scroller.querySelectorAll(rows)].find(
      (row) => row.getBoundingClientRect().bottom > top,
    )
  }
  return {
    isAtEnd,
    toEnd,
    around(change) {
      // Whoever was led elsewhere just now is there, though the browser tells it only with the next frame.
      lookAgain()
      const first = follows ? undefined : firstInView()
      const before = first?.getBoundingClientRect().top ?? 0
      change()
      if (follows) toEnd()
      else if (first?.isConnected === true)
        scroller.scrollTop += first.getBoundingClientRect().top - before
    },
  }
}
