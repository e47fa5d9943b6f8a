import type { ChildProcess } from 'node:child_process'

const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** Has a process end with this one at the latest, however this one ends by itself. */
export function adopt(child: ChildProcess): void {
  living.add(child)
  child.once('exit', () => living.delete(child))
}
