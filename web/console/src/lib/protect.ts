/** Pages with customers' data cannot be copied, dragged out, saved or printed by the page's own means. */
const REFUSED = ['copy', 'cut', 'dragstart', 'contextmenu'] as const
const SHORTCUTS: ReadonlySet<string> = new Set(['s', 'p'])

/** What one types oneself may be copied. */
function typedHere(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement
}

export function startProtection(on: () => boolean, refused: () => void): () => void {
  const stopEvent = (event: Event): void => {
    if (!on() || typedHere(event.target)) return
    event.preventDefault()
    if (event.type !== 'dragstart') refused()
  }
  const stopShortcut = (event: KeyboardEvent): void => {
    if (!on() || !(event.ctrlKey || event.metaKey) || !SHORTCUTS.has(event.key.toLowerCase())) return
    event.preventDefault()
    refused()
  }
  for (const name of REFUSED) document.addEventListener(name, stopEvent, true)
  document.addEventListener('keydown', stopShortcut, true)
  return () => {
    for (const name of REFUSED) document.removeEventListener(name, stopEvent, true)
    document.removeEventListener('keydown', stopShortcut, true)
  }
}
