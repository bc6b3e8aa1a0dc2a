/**
 * The own-number check: over its mobile network the phone's carrier knows which number the phone has, and gives this page a token.
 * The bank redeems it; neither the page nor the token tells the number.
 */
const TIMEOUT_MS = 6_000

/** The carrier gave no token: no SIM card, no mobile network, or a page that it does not serve. */
export class CarrierSilent extends Error {
  override readonly name = 'CarrierSilent'
}

async function ask(nonce: string, pageUrl: string): Promise<unknown> {
  const answer = await fetch(pageUrl, {
    method: 'POST', body: JSON.stringify({ nonce }), credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok) throw new CarrierSilent()
  return answer.json()
}

/** `news`: what the bank's factor.begin answered. */
export async function carrierToken(news: { nonce?: string; page_url?: string }): Promise<string> {
  if (!news.nonce || !news.page_url) throw new CarrierSilent()
  const answer = await ask(news.nonce, news.page_url).catch(() => null)
  const token = (answer as { token?: unknown } | null)?.token
  if (typeof token !== 'string' || token === '') throw new CarrierSilent()
  return token
}

/** As the `value` of a factor of an order. */
export function carrierProof(token: string): string {
  return btoa(token)
}
