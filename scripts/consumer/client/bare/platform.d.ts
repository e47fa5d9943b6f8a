// Every platform has one, and zod's declarations name it.
interface URL {
  readonly href: string
}
