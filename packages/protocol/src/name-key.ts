/**
 * The key under which names are compared: compatibility-normalised and case-folded, so that `Ann`, `ＡＮＮ` and `ann`
 * are one name. Folding lower, upper, lower approximates Unicode's full case folding: ẞ is only its own upper case, ß becomes
 * SS, and all of them meet.
 */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')
}
