/** A new page is announced from its heading: it becomes the title, and a screen reader goes on from there. */
export function announce(root: ParentNode, brand: string): void {
  const heading = root.querySelector<HTMLElement>('h1')
  const words = heading?.textContent?.trim() ?? ''
  document.title = words === '' || words === brand ? brand : `${words} · ${brand}`
  const typing = document.activeElement?.matches('input, textarea, [contenteditable]') ?? false
  if (heading === null || typing) return
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}
