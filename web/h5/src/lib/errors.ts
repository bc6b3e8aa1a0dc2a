/** Failures in the customer's words. */
import { i18n } from '@/i18n'

interface Coded {
  code: string
  message: string
  fields?: readonly string[]
}

/** By shape: the class lives in the lazily loaded chunk. */
function coded(e: unknown): Coded | null {
  const c = e as Partial<Coded> | null
  return typeof c?.code === 'string' && typeof c.message === 'string' ? (c as Coded) : null
}

export function errorCode(e: unknown): string {
  return coded(e)?.code ?? ((e as Error | null)?.name === 'HelloRefused' ? 'HELLO_REFUSED' : 'NETWORK')
}

export function errorFields(e: unknown): readonly string[] {
  return coded(e)?.fields ?? []
}

export function errorText(e: unknown): string {
  const { t, te, locale } = i18n.global
  const code = errorCode(e)
  const key = `error.${code}`
  if (te(key)) return t(key)
  const message = coded(e)?.message ?? ''
  if (locale.value === 'zh-CN' && message !== '' && message !== code) return message
  return t('error.INTERNAL')
}
