const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  Home: -Infinity,
  End: Infinity,
}

/**
 * A list that is one stop of the Tab key: arrows, Home and End move inside it. `stops` finds what can be focused, in order;
 * call `update` after the list has changed. One comes in at the last of them.
 */
export function rove(list: HTMLElement, stops: string): { readonly update: () => void } {
  let current: HTMLElement | undefined
  const all = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>(stops)]
  const choose = (stop: HTMLElement | undefined): void => {
    if (current !== stop) setStop(current, -1)
    current = stop
    setStop(stop, 0)
  }
  list.addEventListener('focusin', ({ target }) => {
    const stop = target instanceof Element ? target.closest<HTMLElement>(stops) : null
    if (stop !== null) choose(stop)
  })
  list.addEventListener('keydown', (event) => {
    const step = STEPS[event.key]
    const { target } = event
    if (step === undefined || !(target instanceof HTMLElement) || !target.matches(stops)) return
    event.preventDefault()
    const found = all()
    const place = found.indexOf(target) + step
    found[Math.max(0, Math.min(found.length - 1, place))]?.focus()
  })
  return {
    update() {
      const isInUse = current?.isConnected === true && list.contains(document.activeElement)
      choose(isInUse ? current : all().at(-1))
    },
  }
}

/** The element and the buttons and links in it are reached, or left out, together. */
function setStop(stop: HTMLElement | undefined, tabIndex: 0 | -1): void {
  if (stop === undefined) return
  stop.tabIndex = tabIndex
  for (const button of stop.querySelectorAll<HTMLElement>('button, a')) button.tabIndex = tabIndex
}
