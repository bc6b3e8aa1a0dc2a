/** What a customer allows of the bank's policy. */
export interface PreferenceOption {
  factors: string
  usable: boolean
  allowed: boolean
}

/** Is a new choice no less strict than the present one? The server judges again. */
export function isStricter(options: readonly PreferenceOption[], chosen: readonly string[]): boolean {
  return chosen.every((factors) => options.some((o) => o.factors === factors && o.allowed))
}

export function isSame(options: readonly PreferenceOption[], chosen: readonly string[]): boolean {
  return options.every((o) => o.allowed === chosen.includes(o.factors))
}

/** '' when a choice can be kept. */
export function choiceFault(options: readonly PreferenceOption[], chosen: readonly string[]): '' | 'none' | 'keep' {
  if (chosen.length === 0) return 'none'
  return options.some((o) => o.usable && chosen.includes(o.factors)) ? '' : 'keep'
}
