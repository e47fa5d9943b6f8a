const two = (number: number): string => String(number).padStart(2, '0')

/** `2026-11-21 09:04`, in the time zone of this machine. */
export function dateAndTime(ms: number): string {
  return `${dayOf(ms)} ${timeOf(ms)}`
}

/** `09:04` */
export function timeOf(ms: number): string {
  const date = new Date(ms)
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** `2026-11-21` */
export function dayOf(ms: number): string {
  const date = new Date(ms)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
