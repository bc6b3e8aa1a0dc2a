/** Failures in words. */
import { i18n } from '@/i18n'
import { ApiError } from './api'

export function errorText(e: unknown): string {
  const { t, te, locale } = i18n.global
  if (!(e instanceof ApiError)) return t('error.INTERNAL')
  const key = `error.${e.code}`
  if (te(key)) return t(key)
  return locale.value === 'zh-CN' && e.message !== '' ? e.message : t('error.INTERNAL')
}

export function errorTrace(e: unknown): string {
  return e instanceof ApiError ? e.trace : ''
}

export function errorFields(e: unknown): readonly string[] {
  return e instanceof ApiError ? e.fields : []
}
