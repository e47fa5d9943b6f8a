/** One line of what Prometheus reads. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads Prometheus' text format; anything that does not fit it is an error. */
export function parseExposition(text: string): readonly Series[] {
  const types = new Map<string, string>()
  const series: Series[] = []
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_][a-z0-9_]*) (.+)$/.exec(line)
    if (comment?.[1] === 'TYPE') types.set(comment[2] ?? '', comment[3] ?? '')
    if (line === '' || comment !== null) continue
    const found =
      /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]?Inf|-?[\d.e+-]+)(?: \d+)?$/.exec(line)
    if (found === null) throw new Error(`not a line of Prometheus: ${line}`)
    const [, name = '', labels = '', value = ''] = found
    const pairs = [...labels.matchAll(/([a-z_]\w*)="((?:[^"\\]|\\.)*)",?/g)]
    const base = name.replace(/_(bucket|sum|count)$/, '')
    if (!types.has(name) && !types.has(base)) throw new Error(`${name} has no TYPE`)
    series.push({
      name,
      labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
      value: Number(value),
    })
  }
  return series
}

/** The sum of the series of a name that have these labels. */
export function valueOf(
  series: readonly Series[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const found = series.filter(
    (one) =>
      one.name === name &&
      Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  )
  if (found.length === 0) throw new Error(`no ${name} ${JSON.stringify(labels)}`)
  return found.reduce((sum, { value }) => sum + value, 0)
}

/** What a server tells of itself. */
export async function readMetrics(url: string): Promise<readonly Series[]> {
  const response = await fetch(`${url}/metrics`)
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`)
  return parseExposition(await response.text())
}
